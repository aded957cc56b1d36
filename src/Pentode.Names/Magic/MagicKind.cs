namespace Pentode.Names.Magic;

/// <summary>What a magic name asks for.</summary>
public enum MagicKind
{
    /// <summary>Text: id of a file.</summary>
    Id,

    /// <summary>Text: name of an id.</summary>
    NameOf,

    /// <summary>Text: id of the directory an id is in.</summary>
    Parent,

    /// <summary>Text: path of an id.</summary>
    PathOf,

    /// <summary>Text: everything known of an id.</summary>
    ShowId,

    /// <summary>Text: which program this is.</summary>
    Constant,

    /// <summary>The object of an id, or one of its levels.</summary>
    Access,

    /// <summary>A level of a file.</summary>
    Level,

    /// <summary>A tag of the directory.</summary>
    Tag,

    /// <summary>Text: the tags of the directory.</summary>
    TagList,

    /// <summary>The wormhole, or an entry of it.</summary>
    Wormhole,

    /// <summary>Text: where the caller stands.</summary>
    Cursor,

    /// <summary>Text: the store.</summary>
    Database,

    /// <summary>Text: what was counted.</summary>
    Counters,

    /// <summary>Text: a fact of a file.</summary>
    Fact,

    /// <summary>Text: checksum types known.</summary>
    ChecksumTypes,

    /// <summary>Locations of a file.</summary>
    Locations,

    /// <summary>Switch: may the file be read and written.</summary>
    SetIo,

    /// <summary>Switch: recorded size.</summary>
    SetSize,

    /// <summary>Switch: a pin of the caller.</summary>
    SetPin,

    /// <summary>Switch: a checksum.</summary>
    SetChecksum,

    /// <summary>Labels and the files that have them.</summary>
    Labels,

    /// <summary>A directory at the top of a database.</summary>
    TopDirectory,
}

namespace Pentode.Names.Catalog;

/// <summary>What a check of a catalog can find.</summary>
public enum CheckProblemKind
{
    /// <summary>An entry names an object that is not there, or is in something that is no directory. Repair: the entry goes.</summary>
    DanglingEntry,

    /// <summary>A directory has more than one name. Repair: the oldest stays.</summary>
    SecondName,

    /// <summary>An object without a name. Repair: a name in lost+found.</summary>
    Orphan,

    /// <summary>A directory is below itself. Repair: it moves to lost+found.</summary>
    Loop,

    /// <summary>The count of links is wrong. Repair: counted.</summary>
    LinkCount,

    /// <summary>A removed object that is neither in the trash nor open. Repair: it ends.</summary>
    LeftOver,

    /// <summary>The trash names an object that has a name. Repair: the item goes.</summary>
    Trash,

    /// <summary>Content beyond the size, of a level that is not there, or of something that is no file. Repair: it is cut.</summary>
    Content,

    /// <summary>The count of stored bytes is wrong. Repair: counted.</summary>
    StoredBytes,

    /// <summary>A directory inherits tags from something that is no directory, or from itself. Repair: it inherits from its parent.</summary>
    TagChain,

    /// <summary>A tag is newer than its directory knows. Repair: the directory learns it.</summary>
    TagGeneration,

    /// <summary>The use of a quota is wrong, or an object counts against none that is there. Repair: counted.</summary>
    Quota,

    /// <summary>The totals of the store are wrong. Repair: counted.</summary>
    Totals,

    /// <summary>A symbolic link without target, or of another size. Repair: it points to ".", or its size is set.</summary>
    Target,
}

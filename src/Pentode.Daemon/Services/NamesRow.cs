namespace Pentode.Daemon.Services;

/// <summary>One thing of a namespace; members that do not apply are null and left out of the JSON.</summary>
public sealed record NamesRow
{
    /// <summary>Path within the namespace.</summary>
    public string? Path { get; init; }

    /// <summary>Name of an entry, tag or event's entry.</summary>
    public string? Name { get; init; }

    /// <summary>Id.</summary>
    public string? Id { get; init; }

    /// <summary>Id of the directory an event happened in.</summary>
    public string? Parent { get; init; }

    /// <summary>file, directory, link, fifo, socket, char or block; kind of a tag or event; sort of a problem.</summary>
    public string? Type { get; init; }

    /// <summary>Permission bits.</summary>
    public uint? Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint? Uid { get; init; }

    /// <summary>Group.</summary>
    public uint? Gid { get; init; }

    /// <summary>Links.</summary>
    public long? Links { get; init; }

    /// <summary>Bytes.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Enabled for I/O.</summary>
    public bool? Io { get; init; }

    /// <summary>new, stored, nearline or lost.</summary>
    public string? State { get; init; }

    /// <summary>Last change, or time of an event or removal, ISO 8601.</summary>
    public string? Time { get; init; }

    /// <summary>Level.</summary>
    public int? Level { get; init; }

    /// <summary>Content in base64.</summary>
    public string? Content { get; init; }

    /// <summary>Position in the trash or among the events.</summary>
    public long? Sequence { get; init; }

    /// <summary>Target of a symbolic link, detail of an event or a problem.</summary>
    public string? Detail { get; init; }

    /// <summary>Objects below a quota.</summary>
    public long? Files { get; init; }

    /// <summary>Limit in objects; 0 unlimited.</summary>
    public long? MaxFiles { get; init; }

    /// <summary>Limit in bytes; 0 unlimited.</summary>
    public long? MaxBytes { get; init; }
}

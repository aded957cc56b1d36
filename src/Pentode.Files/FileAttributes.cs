namespace Pentode.Files;

/// <summary>Attributes of a node, as of statx(2).</summary>
public readonly record struct FileAttributes
{
    /// <summary>Identity.</summary>
    public NodeId Id { get; init; }

    /// <summary>Type and permission bits.</summary>
    public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Hard links.</summary>
    public ulong LinkCount { get; init; }

    /// <summary>Device number of a special file: major.</summary>
    public uint DeviceMajor { get; init; }

    /// <summary>Device number of a special file: minor.</summary>
    public uint DeviceMinor { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; init; }

    /// <summary>Allocated space in units of 512 bytes.</summary>
    public ulong Blocks { get; init; }

    /// <summary>Last access.</summary>
    public FileTime AccessTime { get; init; }

    /// <summary>Last change of content.</summary>
    public FileTime ModifyTime { get; init; }

    /// <summary>Last change of attributes.</summary>
    public FileTime ChangeTime { get; init; }

    /// <summary>Creation, when <see cref="HasBirthTime"/>.</summary>
    public FileTime BirthTime { get; init; }

    /// <summary>True when the file system knows <see cref="BirthTime"/>.</summary>
    public bool HasBirthTime { get; init; }
}

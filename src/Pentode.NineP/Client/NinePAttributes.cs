using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <summary>Attributes of a file, as in Rgetattr.</summary>
public readonly record struct NinePAttributes
{
    /// <summary>Request mask of what stat(2) shows.</summary>
    public const ulong Basic = 0x7FF;

    /// <summary>Request mask of everything.</summary>
    public const ulong All = 0x3FFF;

    /// <summary>S_IFMT.</summary>
    public const uint TypeMask = 0xF000;

    /// <summary>S_IFDIR.</summary>
    public const uint DirectoryType = 0x4000;

    /// <summary>S_IFREG.</summary>
    public const uint RegularType = 0x8000;

    /// <summary>S_IFLNK.</summary>
    public const uint LinkType = 0xA000;

    /// <summary>Which of the members the server filled (bits of the request mask).</summary>
    public ulong Valid { get; init; }

    /// <summary>Identity.</summary>
    public Qid Qid { get; init; }

    /// <summary>Type and permission bits.</summary>
    public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Hard links.</summary>
    public ulong LinkCount { get; init; }

    /// <summary>Device number of a special file.</summary>
    public ulong Device { get; init; }

    /// <summary>Length in bytes.</summary>
    public ulong Length { get; init; }

    /// <summary>Preferred I/O size in bytes.</summary>
    public ulong BlockSize { get; init; }

    /// <summary>Allocated space in units of 512 bytes.</summary>
    public ulong Blocks { get; init; }

    /// <summary>Last access.</summary>
    public FileTime AccessTime { get; init; }

    /// <summary>Last change of content.</summary>
    public FileTime ModifyTime { get; init; }

    /// <summary>Last change of attributes.</summary>
    public FileTime ChangeTime { get; init; }

    /// <summary>Creation; meaningful when <see cref="HasBirthTime"/>.</summary>
    public FileTime BirthTime { get; init; }

    /// <summary>True when the server knows <see cref="BirthTime"/>.</summary>
    public bool HasBirthTime => (Valid & 0x800) != 0;

    /// <summary>True for a directory.</summary>
    public bool IsDirectory => (Mode & TypeMask) == DirectoryType;

    /// <summary>True for a regular file.</summary>
    public bool IsRegular => (Mode & TypeMask) == RegularType;

    /// <summary>True for a symbolic link.</summary>
    public bool IsLink => (Mode & TypeMask) == LinkType;

    internal static NinePAttributes From(in Rgetattr m) => new()
    {
        Valid = m.Valid,
        Qid = m.Qid,
        Mode = m.Mode,
        Uid = m.Uid,
        Gid = m.Gid,
        LinkCount = m.Nlink,
        Device = m.Rdev,
        Length = m.Length,
        BlockSize = m.Blksize,
        Blocks = m.Blocks,
        AccessTime = Time(m.AtimeSec, m.AtimeNsec),
        ModifyTime = Time(m.MtimeSec, m.MtimeNsec),
        ChangeTime = Time(m.CtimeSec, m.CtimeNsec),
        BirthTime = Time(m.BtimeSec, m.BtimeNsec),
    };

    // A peer's nanoseconds may be anything; a second's worth is kept.
    private static FileTime Time(ulong seconds, ulong nanoseconds) => new((long)seconds, (uint)(nanoseconds % 1_000_000_000));
}

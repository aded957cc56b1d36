using Pentode.Files;
using Pentode.Names.Catalog;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>From rows of the catalog to attributes. Pure.</summary>
internal static class Attributes
{
    private const ulong DirectorySize = 512;
    private const int SectorSize = 512;
    private const ulong NoObject = 1ul << 62;

    /// <summary>Attributes of an object.</summary>
    public static FileAttributes Of(CatalogInode row) => new()
    {
        Id = IdOf(row),
        Mode = row.Mode,
        Uid = row.Uid,
        Gid = row.Gid,
        LinkCount = (ulong)row.LinkCount,
        DeviceMajor = (uint)(row.Device >> 32),
        DeviceMinor = (uint)row.Device,
        Size = row.IsDirectory ? DirectorySize : row.Target is { } target ? (ulong)target.Length : (ulong)row.Size,
        Blocks = (ulong)(row.StoredBytes + SectorSize - 1) / SectorSize,
        AccessTime = Time(row.AccessTime),
        ModifyTime = Time(row.ModifyTime),
        ChangeTime = Time(row.ChangeTime),
        BirthTime = Time(row.BirthTime),
        HasBirthTime = true,
    };

    /// <summary>Identity of an object.</summary>
    public static NodeId IdOf(CatalogInode row) => new((ulong)row.Number, row.Mode & 0xF000, (uint)row.Change | 1);

    /// <summary>Identity of what is no object: a number beyond all those of objects, the same for the same handle. Never cached.</summary>
    public static NodeId IdOf(NodeHandle handle, uint type)
    {
        // splitmix64's finaliser: all bits of all parts count.
        var x = handle.Object ^ (handle.Operand * 0x9E3779B97F4A7C15) ^ ((ulong)handle.Kind << 56);
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return new NodeId(NoObject | ((x ^ (x >> 31)) & (NoObject - 1)), type, 0);
    }

    /// <summary>Attributes of a file that is no object; times in nanoseconds.</summary>
    public static FileAttributes Of(NodeHandle handle, uint mode, uint uid, uint gid, long size, long accessTime, long modifyTime, long changeTime) => new()
    {
        Id = IdOf(handle, mode & 0xF000),
        Mode = mode,
        Uid = uid,
        Gid = gid,
        LinkCount = (mode & 0xF000) == 0x4000 ? 2u : 1u,
        Size = (ulong)size,
        Blocks = (ulong)(size + SectorSize - 1) / SectorSize,
        AccessTime = Time(accessTime),
        ModifyTime = Time(modifyTime),
        ChangeTime = Time(changeTime),
    };

    /// <summary>From nanoseconds since 1970.</summary>
    public static FileTime Time(long nanoseconds)
    {
        var (seconds, rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        return rest < 0 ? new FileTime(seconds - 1, (uint)(rest + 1_000_000_000)) : new FileTime(seconds, (uint)rest);
    }
}

using System.Globalization;
using System.Text;
using Pentode.Names.Catalog;

namespace Pentode.Daemon.Services;

/// <summary>From objects of the catalog to rows of answers.</summary>
internal static class NamesRows
{
    /// <summary>The row of an object.</summary>
    public static NamesRow Of(CatalogInode row, string? path, string? name) => new()
    {
        Path = path,
        Name = name,
        Id = row.Pid.ToString(),
        Type = TypeOf(row.Mode),
        Mode = row.Mode & 0xFFF,
        Uid = row.Uid,
        Gid = row.Gid,
        Links = row.LinkCount,
        SizeBytes = row.IsDirectory ? null : row.Size,
        Io = row.IsRegular ? row.IsIoEnabled : null,
        State = row.IsRegular ? row.State.ToString().ToLowerInvariant() : null,
        Time = Time(row.ModifyTime),
        Detail = row.Target is { } target ? Encoding.UTF8.GetString(target) : null,
    };

    /// <summary>Word for the type of a mode.</summary>
    public static string TypeOf(uint mode) => (mode & 0xF000) switch
    {
        0x4000 => "directory",
        0xA000 => "link",
        0x1000 => "fifo",
        0xC000 => "socket",
        0x2000 => "char",
        0x6000 => "block",
        _ => "file",
    };

    /// <summary>A time in nanoseconds since 1970.</summary>
    public static string Time(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick).ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);
}

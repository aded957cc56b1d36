using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Reading content and levels.</summary>
internal static class ContentQueries
{
    public const string LevelColumns = "lvl, mode, uid, gid, size, atime, mtime, ctime";

    /// <summary>See <see cref="ICatalogContent.Read"/>.</summary>
    public static Result<int> Read(CatalogTransaction tx, long number, int level, long offset, Memory<byte> buffer)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        if (live.Value.IsDirectory)
            return Errno.EISDIR;
        if (!live.Value.IsRegular)
            return Errno.EINVAL;
        long size;
        if (level == 0)
            size = live.Value.Size;
        else if (Level(tx, number, level) is { } row)
            size = row.Size;
        else
            return Errno.ENOENT;
        var count = (int)Math.Clamp(size - offset, 0, buffer.Length);
        if (count > 0)
            ReadChunks(tx, number, level, offset, buffer.Span[..count]);
        return count;
    }

    /// <summary>Fills from the stored pieces, zeros where there are none.</summary>
    public static void ReadChunks(CatalogTransaction tx, long number, int level, long offset, Span<byte> buffer)
    {
        buffer.Clear();
        if (buffer.IsEmpty)
            return;
        var first = offset / CatalogLimits.Chunk;
        var last = (offset + buffer.Length - 1) / CatalogLimits.Chunk;
        var rows = tx.Query("SELECT idx, b FROM chunk WHERE ino = $1 AND lvl = $2 AND idx >= $3 AND idx <= $4").Add(number).Add(level).Add(first).Add(last);
        while (rows.Step())
        {
            var start = (rows.Int64(0) * CatalogLimits.Chunk) - offset;
            ReadOnlySpan<byte> piece = rows.Bytes(1);
            if (start < 0)
            {
                piece = piece[(int)Math.Min(piece.Length, -start)..];
                start = 0;
            }

            if (start < buffer.Length)
                piece[..(int)Math.Min(piece.Length, buffer.Length - start)].CopyTo(buffer[(int)start..]);
        }
    }

    public static CatalogLevel? Level(CatalogTransaction tx, long number, int level) =>
        tx.Query($"SELECT {LevelColumns} FROM level WHERE ino = $1 AND lvl = $2").Add(number).Add(level).First(ReadLevel);

    public static List<CatalogLevel> Levels(CatalogTransaction tx, long number) =>
        tx.Query($"SELECT {LevelColumns} FROM level WHERE ino = $1 ORDER BY lvl").Add(number).All(ReadLevel);

    private static CatalogLevel ReadLevel(RowCommand r) =>
        new((int)r.Int64(0), (uint)r.Int64(1), (uint)r.Int64(2), (uint)r.Int64(3), r.Int64(4), r.Int64(5), r.Int64(6), r.Int64(7));
}

using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Writing content and levels.</summary>
internal static class ContentChanges
{
    private const string SaveChunkSql = "INSERT INTO chunk(ino, lvl, idx, b) VALUES ($1, $2, $3, $4) ON CONFLICT (ino, lvl, idx) DO UPDATE SET b = excluded.b";

    /// <summary>See <see cref="ICatalogContent.Write"/>.</summary>
    public static Result<int> Write(CatalogTransaction tx, Credentials? who, long number, int level, long offset, ReadOnlyMemory<byte> data)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        var inode = live.Value;
        if (inode.IsDirectory)
            return Errno.EISDIR;
        if (!inode.IsRegular)
            return Errno.EINVAL;
        var row = level == 0 ? null : ContentQueries.Level(tx, number, level) ?? NewLevel(tx, who, inode, level, 0x1A4);
        var size = row?.Size ?? inode.Size;
        if (offset < 0)
            offset = size;
        if (data.IsEmpty)
            return 0;
        if (offset > tx.Options.MaximumContent - data.Length)
            return Errno.EFBIG;
        var end = Math.Max(size, offset + data.Length);
        if (row is null && inode.LinkCount > 0 && tx.CheckQuota(inode.QuotaTree, 0, end - size) is var error && error != Errno.None)
            return error;

        var stored = WriteChunks(tx, number, level, offset, data.Span);
        var now = tx.Now();
        if (row is not null)
        {
            SaveLevel(tx, number, row with { Size = end, ModifyTime = now, ChangeTime = Math.Max(now, row.ChangeTime + 1) });
        }
        else
        {
            if (inode.LinkCount > 0 && end != size)
                tx.Count(inode.QuotaTree, 0, end - size);
            var changed = ObjectChanges.Changed(tx, inode);
            tx.Update(changed with
            {
                Size = end,
                StoredBytes = inode.StoredBytes + stored,
                ModifyTime = changed.ChangeTime,
                Mode = who is { Uid: not 0 } ? AttributeChanges.WithoutPrivilege(inode.Mode) : inode.Mode,
            });
        }

        tx.Emit(CatalogEventKind.Content, inode, who, [(byte)('0' + level)]);
        return data.Length;
    }

    /// <summary>Cuts content to a length; returns the bytes of level 0 still stored.</summary>
    public static long Truncate(CatalogTransaction tx, long number, int level, long stored, long size, long length)
    {
        if (length >= size || stored == 0)
            return stored;
        var keep = length / CatalogLimits.Chunk;
        var rest = (int)(length % CatalogLimits.Chunk);
        var firstGone = rest == 0 ? keep : keep + 1;
        tx.Change("DELETE FROM chunk WHERE ino = $1 AND lvl = $2 AND idx >= $3").Add(number).Add(level).Add(firstGone).Queue();
        if (rest != 0)
        {
            tx.Change("UPDATE chunk SET b = substr(b, 1, CAST($4 AS INTEGER)) WHERE ino = $1 AND lvl = $2 AND idx = $3 AND length(b) > CAST($4 AS INTEGER)")
                .Add(number).Add(level).Add(keep).Add(rest).Queue();
        }

        return tx.Query("SELECT CAST(COALESCE(SUM(length(b)), 0) AS BIGINT) FROM chunk WHERE ino = $1 AND lvl = $2").Add(number).Add(level).Scalar() ?? 0;
    }

    /// <summary>See <see cref="ICatalogContent.CreateLevel"/>.</summary>
    public static Result<CatalogLevel> CreateLevel(CatalogTransaction tx, Credentials? who, long number, int level, uint mode)
    {
        var live = Writable(tx, who, number);
        if (!live.IsOk)
            return live.Error;
        if (ContentQueries.Level(tx, number, level) is not null)
            return Errno.EEXIST;
        var row = NewLevel(tx, who, live.Value, level, mode);
        SaveLevel(tx, number, row);
        tx.Emit(CatalogEventKind.Content, live.Value, who, [(byte)('0' + level)]);
        return row;
    }

    /// <summary>See <see cref="ICatalogContent.RemoveLevel"/>.</summary>
    public static Errno RemoveLevel(CatalogTransaction tx, Credentials? who, long number, int level)
    {
        var live = Writable(tx, who, number);
        if (!live.IsOk)
            return live.Error;
        if (ContentQueries.Level(tx, number, level) is null)
            return Errno.ENOENT;
        tx.Change("DELETE FROM chunk WHERE ino = $1 AND lvl = $2").Add(number).Add(level).Queue();
        tx.Change("DELETE FROM level WHERE ino = $1 AND lvl = $2").Add(number).Add(level).Queue();
        tx.Emit(CatalogEventKind.Content, live.Value, who, [(byte)('0' + level)]);
        return Errno.None;
    }

    /// <summary>See <see cref="ICatalogContent.SetRecordedSize"/>.</summary>
    public static Result<CatalogInode> SetRecordedSize(CatalogTransaction tx, Credentials? who, long number, long size)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        var inode = live.Value;
        if (!inode.IsRegular)
            return inode.IsDirectory ? Errno.EISDIR : Errno.EINVAL;
        if (!Access.IsOwner(who, inode.Uid))
            return Errno.EPERM;
        if (size == inode.Size)
            return inode;
        if (size != 0 && inode.Size != 0)
            return Errno.EEXIST;
        if (inode.LinkCount > 0 && tx.CheckQuota(inode.QuotaTree, 0, size - inode.Size) is var error && error != Errno.None)
            return error;
        if (inode.LinkCount > 0)
            tx.Count(inode.QuotaTree, 0, size - inode.Size);
        var changed = ObjectChanges.Changed(tx, inode);
        changed = changed with { Size = size, ModifyTime = changed.ChangeTime, StoredBytes = Truncate(tx, number, 0, inode.StoredBytes, inode.Size, size) };
        tx.Update(changed);
        tx.Emit(CatalogEventKind.Attributes, inode, who, [.. "size"u8]);
        return changed;
    }

    public static void SaveLevel(CatalogTransaction tx, long number, CatalogLevel row) => tx.Change(
            "INSERT INTO level(ino, lvl, mode, uid, gid, size, atime, mtime, ctime) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (ino, lvl) DO UPDATE " +
            "SET mode = excluded.mode, uid = excluded.uid, gid = excluded.gid, size = excluded.size, atime = excluded.atime, mtime = excluded.mtime, ctime = excluded.ctime")
        .Add(number).Add(row.Level).Add(row.Mode).Add(row.Uid).Add(row.Gid).Add(row.Size).Add(row.AccessTime).Add(row.ModifyTime).Add(row.ChangeTime).Queue();

    private static Result<CatalogInode> Writable(CatalogTransaction tx, Credentials? who, long number)
    {
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        if (!live.Value.IsRegular)
            return live.Value.IsDirectory ? Errno.EISDIR : Errno.EINVAL;
        var error = Access.Check(who, live.Value, Access.Write);
        return error == Errno.None ? live.Value : error;
    }

    private static CatalogLevel NewLevel(CatalogTransaction tx, Credentials? who, CatalogInode inode, int level, uint mode)
    {
        var now = tx.Now();
        return (tx.Shared.LevelsInStep & (1 << level)) != 0
            ? new CatalogLevel(level, inode.Mode & 0xFFF, inode.Uid, inode.Gid, 0, now, now, now)
            : new CatalogLevel(level, mode & 0xFFF, who?.Uid ?? 0, who?.Gid ?? 0, 0, now, now, now);
    }

    /// <summary>Returns by how much the stored bytes grew.</summary>
    private static long WriteChunks(CatalogTransaction tx, long number, int level, long offset, ReadOnlySpan<byte> data)
    {
        var grown = 0L;
        while (!data.IsEmpty)
        {
            var index = offset / CatalogLimits.Chunk;
            var at = (int)(offset % CatalogLimits.Chunk);
            var count = Math.Min(data.Length, CatalogLimits.Chunk - at);
            var old = count == CatalogLimits.Chunk
                ? null
                : tx.Query("SELECT b FROM chunk WHERE ino = $1 AND lvl = $2 AND idx = $3").Add(number).Add(level).Add(index).First(static r => r.Bytes(0));
            var oldLength = old?.Length
                ?? (int)(count == CatalogLimits.Chunk
                    ? tx.Query("SELECT length(b) FROM chunk WHERE ino = $1 AND lvl = $2 AND idx = $3").Add(number).Add(level).Add(index).Scalar() ?? 0
                    : 0);
            var piece = new byte[Math.Max(oldLength, at + count)];
            old?.CopyTo(piece, 0);
            data[..count].CopyTo(piece.AsSpan(at));
            tx.Change(SaveChunkSql).Add(number).Add(level).Add(index).Add(piece).Queue();
            grown += piece.Length - oldLength;
            offset += count;
            data = data[count..];
        }

        return grown;
    }
}

using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Making, branching, writing and removing tags.</summary>
internal static class TagChanges
{
    /// <summary>See <see cref="ICatalogTags.CreateTag"/>.</summary>
    public static Result<CatalogTag> Create(CatalogTransaction tx, Credentials? who, long number, byte[] name, uint mode)
    {
        var live = Writable(tx, who, number);
        if (!live.IsOk)
            return live.Error;
        var seen = TagQueries.Find(tx, number, name);
        if (seen is { IsInherited: false, IsValid: true })
            return Errno.EEXIST;
        var now = tx.Now();
        if (seen is { IsInherited: true, IsValid: true })
            return Done(tx, who, live.Value, Branch(tx, live.Value, seen));
        if (seen is { IsInherited: false })
        {
            tx.Change("UPDATE tag SET valid = 1, val = $2, mtime = $3, ctime = $3 WHERE tagid = $1").Add(seen.Id).Add((byte[])[]).Add(now).Queue();
            return Done(tx, who, live.Value, seen with { IsValid = true, Value = [], ModifyTime = now, ChangeTime = now });
        }

        var directory = tx.Inode(number)!;
        directory = directory with { TagGeneration = directory.TagGeneration + 1 };
        tx.Update(directory);
        var tag = new CatalogTag(name, tx.NextNumber(), number, false, true, true, mode & 0xFFF, who?.Uid ?? 0, who?.Gid ?? 0, now, now, []);
        Insert(tx, number, tag, directory.TagGeneration);
        return Done(tx, who, directory, tag);
    }

    /// <summary>See <see cref="ICatalogTags.WriteTag"/>.</summary>
    public static Result<CatalogTag> Write(CatalogTransaction tx, Credentials? who, long number, byte[] name, int offset, ReadOnlyMemory<byte> data)
    {
        var live = TagQueries.Directory(tx, number);
        if (!live.IsOk)
            return live.Error;
        if (TagQueries.Find(tx, number, name) is not { IsValid: true } tag)
            return Errno.ENOENT;
        if (Access.Check(who, tag.Mode, tag.Uid, tag.Gid, Access.Write) is var error && error != Errno.None)
            return error;
        if (data.Length > tx.Options.MaximumTag - Math.Max(offset, 0))
            return Errno.EFBIG;
        var value = offset < 0 ? data.ToArray() : Patched(tag.Value, offset, data.Span);
        var now = tx.Now();
        return Save(tx, who, live.Value, tag, tag with { Value = value, ModifyTime = now, ChangeTime = Math.Max(now, tag.ChangeTime + 1) });
    }

    /// <summary>See <see cref="ICatalogTags.SetTagAttributes"/>.</summary>
    public static Result<CatalogTag> SetAttributes(CatalogTransaction tx, Credentials? who, long number, byte[] name, AttributeChange change)
    {
        var live = TagQueries.Directory(tx, number);
        if (!live.IsOk)
            return live.Error;
        if (TagQueries.Find(tx, number, name) is not { } tag)
            return Errno.ENOENT;
        if (change.Size == (ulong)tag.Value.Length)
            change = change with { Size = null };
        if (change == default)
            return tag;
        if (!tag.IsValid)
            return Errno.ENOENT;
        var isOwner = Access.IsOwner(who, tag.Uid);
        var isRoot = who is null || who.Uid == 0;
        if ((change.Mode is not null && !isOwner) || (change.Uid is { } uid && !isRoot && !(isOwner && uid == tag.Uid)) ||
            (change.Gid is { } gid && !isRoot && !(isOwner && (gid == tag.Gid || who!.IsInGroup(gid)))))
        {
            return Errno.EPERM;
        }

        var isWriter = Access.Check(who, tag.Mode, tag.Uid, tag.Gid, Access.Write) == Errno.None;
        if ((change.Size is not null && !isWriter) || ((change.SetModifyTime || change.SetAccessTime) && !isWriter && !isOwner))
            return Errno.EACCES;
        if (change.Size > (ulong)tx.Options.MaximumTag)
            return Errno.EFBIG;
        if (change is { Mode: null, Uid: null, Gid: null, Size: null, SetModifyTime: false })
            return tag;
        var now = tx.Now();
        var value = tag.Value;
        if (change.Size is { } size)
            Array.Resize(ref value, (int)size);
        return Save(tx, who, live.Value, tag, tag with
        {
            Mode = change.Mode is { } mode ? mode & 0xFFF : tag.Mode,
            Uid = change.Uid ?? tag.Uid,
            Gid = change.Gid ?? tag.Gid,
            Value = value,
            ModifyTime = change.SetModifyTime || change.Size is not null ? now : tag.ModifyTime,
            ChangeTime = Math.Max(now, tag.ChangeTime + 1),
        });
    }

    /// <summary>See <see cref="ICatalogTags.RemoveTag"/>.</summary>
    public static Errno Remove(CatalogTransaction tx, Credentials? who, long number, byte[] name)
    {
        var live = Writable(tx, who, number);
        if (!live.IsOk)
            return live.Error;
        if (TagQueries.Find(tx, number, name) is not { } tag)
            return Errno.ENOENT;
        if (tag.IsInherited || !tag.IsValid)
            return Errno.None;
        if (tag.IsPrimary)
            tx.Change("UPDATE tag SET valid = 0, val = $2, ctime = $3 WHERE tagid = $1").Add(tag.Id).Add((byte[])[]).Add(tx.Now()).Queue();
        else
            tx.Change("DELETE FROM tag WHERE tagid = $1").Add(tag.Id).Queue();
        Done(tx, who, live.Value, tag);
        return Errno.None;
    }

    /// <summary>
    /// Before a directory goes: directories that were moved out of it and inherit through it get what they saw of its own rows, and its place in the chain.
    /// </summary>
    public static void Rehome(CatalogTransaction tx, CatalogInode gone)
    {
        tx.Flush();
        var heirs = tx.Query("SELECT ino, tagseen FROM inode WHERE tagdir = $1").Add(gone.Number).All(static r => (Number: r.Int64(0), Seen: r.Int64(1)));
        foreach (var (number, seen) in heirs)
        {
            var rows = tx.Query(
                "SELECT name, valid, mode, uid, gid, mtime, ctime, val FROM tag t WHERE dir = $1 AND born <= $2 AND NOT EXISTS (SELECT 1 FROM tag o WHERE o.dir = $3 AND o.name = t.name)")
                .Add(gone.Number).Add(seen).Add(number)
                .All(static r => new CatalogTag(
                    r.Bytes(0), 0, 0, false, false, r.Int64(1) != 0, (uint)r.Int64(2), (uint)r.Int64(3), (uint)r.Int64(4), r.Int64(5), r.Int64(6), r.Bytes(7)));
            foreach (var row in rows)
                Insert(tx, number, row with { Id = tx.NextNumber() }, 0);
            if (tx.Inode(number) is { } heir)
                tx.Update(heir with { TagDirectory = gone.TagDirectory, TagsSeen = gone.TagsSeen });
        }
    }

    private static Result<CatalogTag> Save(CatalogTransaction tx, Credentials? who, CatalogInode directory, CatalogTag old, CatalogTag tag)
    {
        if (old.IsInherited)
        {
            tag = tag with { Id = tx.NextNumber(), Directory = directory.Number, IsInherited = false, IsPrimary = false };
            Insert(tx, directory.Number, tag, 0);
        }
        else
        {
            tx.Change("UPDATE tag SET mode = $2, uid = $3, gid = $4, mtime = $5, ctime = $6, val = $7 WHERE tagid = $1")
                .Add(tag.Id).Add(tag.Mode).Add(tag.Uid).Add(tag.Gid).Add(tag.ModifyTime).Add(tag.ChangeTime).Add(tag.Value).Queue();
        }

        tx.Emit(CatalogEventKind.Tag, directory, who, tag.Name);
        return tag;
    }

    private static CatalogTag Branch(CatalogTransaction tx, CatalogInode directory, CatalogTag tag)
    {
        var own = tag with { Id = tx.NextNumber(), Directory = directory.Number, IsInherited = false, IsPrimary = false };
        Insert(tx, directory.Number, own, 0);
        return own;
    }

    /// <summary>The directory changed too: clients must not trust what they remember of it.</summary>
    private static CatalogTag Done(CatalogTransaction tx, Credentials? who, CatalogInode directory, CatalogTag tag)
    {
        tx.Update(ObjectChanges.Changed(tx, tx.Inode(directory.Number)!));
        tx.Emit(CatalogEventKind.Tag, directory, who, tag.Name);
        return tag;
    }

    private static void Insert(CatalogTransaction tx, long directory, CatalogTag tag, long born) => tx.Change(
            "INSERT INTO tag(tagid, dir, name, born, valid, mode, uid, gid, mtime, ctime, val) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .Add(tag.Id).Add(directory).Add(tag.Name).Add(born).Add(tag.IsValid ? 1 : 0).Add(tag.Mode).Add(tag.Uid).Add(tag.Gid).Add(tag.ModifyTime).Add(tag.ChangeTime).Add(tag.Value).Queue();

    private static Result<CatalogInode> Writable(CatalogTransaction tx, Credentials? who, long number)
    {
        var live = TagQueries.Directory(tx, number);
        if (!live.IsOk)
            return live.Error;
        if (live.Value.LinkCount == 0)
            return Errno.ENOENT;
        var error = Access.Check(who, live.Value, Access.Write | Access.Search);
        return error == Errno.None ? live.Value : error;
    }

    private static byte[] Patched(byte[] value, int offset, ReadOnlySpan<byte> data)
    {
        var patched = new byte[Math.Max(value.Length, offset + data.Length)];
        value.CopyTo(patched, 0);
        data.CopyTo(patched.AsSpan(offset));
        return patched;
    }
}

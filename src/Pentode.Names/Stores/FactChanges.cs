using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Changing facts about files.</summary>
internal static class FactChanges
{
    public static Result<CatalogInode> SetIo(CatalogTransaction tx, Credentials? who, long number, bool isEnabled)
    {
        var file = OwnedFile(tx, who, number);
        if (!file.IsOk || file.Value.IsIoEnabled == isEnabled)
            return file;
        return Saved(tx, who, file.Value with { IsIoEnabled = isEnabled }, "io");
    }

    public static Result<CatalogInode> SetStorage(CatalogTransaction tx, Credentials? who, long number, CatalogState? state, int? latency, int? retention)
    {
        var file = OwnedFile(tx, who, number);
        if (!file.IsOk)
            return file;
        return Saved(
            tx,
            who,
            file.Value with { State = state ?? file.Value.State, AccessLatency = latency ?? file.Value.AccessLatency, RetentionPolicy = retention ?? file.Value.RetentionPolicy },
            "state");
    }

    public static Errno SetLocation(CatalogTransaction tx, Credentials? who, long number, CatalogLocation place)
    {
        var file = OwnedFile(tx, who, number);
        if (!file.IsOk)
            return file.Error;
        if (place.Kind is < 0 or > 1 || place.Uri.Length is 0 or > CatalogLimits.Uri)
            return Errno.EINVAL;
        if (tx.Query("SELECT COUNT(*) FROM place WHERE ino = $1").Add(number).Scalar() >= CatalogLimits.Facts)
            return Errno.ENOSPC;
        tx.Change(
            "INSERT INTO place(ino, kind, uri, prio, state, ctime) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ino, kind, uri) DO UPDATE SET prio = excluded.prio, state = excluded.state")
            .Add(number).Add(place.Kind).Add(place.Uri).Add(place.Priority).Add(place.State).Add(place.CreatedTime == 0 ? tx.Now() : place.CreatedTime).Queue();
        Saved(tx, who, file.Value, "location");
        return Errno.None;
    }

    public static Errno RemoveLocation(CatalogTransaction tx, Credentials? who, long number, int kind, string? uri)
    {
        var file = OwnedFile(tx, who, number);
        if (!file.IsOk)
            return file.Error;
        if (uri is not null && !tx.Query("SELECT 1 FROM place WHERE ino = $1 AND kind = $2 AND uri = $3").Add(number).Add(kind).Add(uri).Any())
            return Errno.ENOENT;
        if (uri is null)
            tx.Change("DELETE FROM place WHERE ino = $1 AND kind = $2").Add(number).Add(kind).Queue();
        else
            tx.Change("DELETE FROM place WHERE ino = $1 AND kind = $2 AND uri = $3").Add(number).Add(kind).Add(uri).Queue();
        Saved(tx, who, file.Value, "location");
        return Errno.None;
    }

    public static Errno SetChecksum(CatalogTransaction tx, Credentials? who, long number, CatalogChecksum checksum)
    {
        var file = OwnedFile(tx, who, number);
        if (!file.IsOk)
            return file.Error;
        if (checksum.Algorithm.Length is 0 or > 32 || checksum.Value.Length is 0 or > 1024)
            return Errno.EINVAL;
        var known = FactQueries.Checksums(tx, number).Value;
        if (known.FirstOrDefault(c => c.Algorithm == checksum.Algorithm) is { } old && (old.Value == checksum.Value || who is { Uid: not 0 }))
            return old.Value == checksum.Value ? Errno.None : Errno.EPERM;
        if (known.Count >= CatalogLimits.Facts)
            return Errno.ENOSPC;
        tx.Change("INSERT INTO cksum(ino, algo, val) VALUES ($1, $2, $3) ON CONFLICT (ino, algo) DO UPDATE SET val = excluded.val")
            .Add(number).Add(checksum.Algorithm).Add(checksum.Value).Queue();
        Saved(tx, who, file.Value, "checksum");
        return Errno.None;
    }

    public static Errno RemoveChecksum(CatalogTransaction tx, Credentials? who, long number, string algorithm)
    {
        var file = OwnedFile(tx, who, number);
        if (!file.IsOk)
            return file.Error;
        if (who is { Uid: not 0 })
            return Errno.EPERM;
        if (!tx.Query("SELECT 1 FROM cksum WHERE ino = $1 AND algo = $2").Add(number).Add(algorithm).Any())
            return Errno.ENOENT;
        tx.Change("DELETE FROM cksum WHERE ino = $1 AND algo = $2").Add(number).Add(algorithm).Queue();
        Saved(tx, who, file.Value, "checksum");
        return Errno.None;
    }

    public static Result<CatalogPin> SetPin(CatalogTransaction tx, Credentials? who, long number, string request, long? expiry)
    {
        var file = File(tx, number);
        if (!file.IsOk)
            return file.Error;
        if (Access.Check(who, file.Value, Access.Read) is var error && error != Errno.None)
            return error;
        if (request.Length > 256)
            return Errno.EINVAL;
        var uid = who?.Uid ?? 0;
        if (FactQueries.PinRows(tx, number).Count >= CatalogLimits.Facts)
            return Errno.ENOSPC;
        tx.Change("DELETE FROM pin WHERE ino = $1 AND uid = $2 AND request = $3").Add(number).Add(uid).Add(request).Queue();
        var pin = new CatalogPin(tx.NextNumber(), tx.Now(), expiry, request, uid, 0);
        tx.Change("INSERT INTO pin(id, ino, ctime, expires, request, uid, state) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .Add(pin.Id).Add(number).Add(pin.CreatedTime).Add(expiry).Add(request).Add(uid).Add(0).Queue();
        Saved(tx, who, file.Value, "pin");
        return pin;
    }

    public static Errno SetPinState(CatalogTransaction tx, Credentials? who, long number, long pin, int state)
    {
        var file = File(tx, number);
        if (!file.IsOk)
            return file.Error;
        if (FactQueries.PinRows(tx, number).Find(p => p.Id == pin) is not { } row)
            return Errno.ENOENT;
        if (!Access.IsOwner(who, row.Uid))
            return Errno.EPERM;
        tx.Change("UPDATE pin SET state = $2 WHERE id = $1").Add(pin).Add(state).Queue();
        Saved(tx, who, file.Value, "pin");
        return Errno.None;
    }

    public static Errno RemovePins(CatalogTransaction tx, Credentials? who, long number, string? request)
    {
        var file = File(tx, number);
        if (!file.IsOk)
            return file.Error;
        foreach (var pin in FactQueries.PinRows(tx, number).Where(p => Access.IsOwner(who, p.Uid) && (request is null || p.RequestId == request)))
            tx.Change("DELETE FROM pin WHERE id = $1").Add(pin.Id).Queue();
        Saved(tx, who, file.Value, "pin");
        return Errno.None;
    }

    public static Errno SetLabel(CatalogTransaction tx, Credentials? who, long number, string label, bool isSet)
    {
        var file = OwnedFile(tx, who, number);
        if (!file.IsOk)
            return file.Error;
        if (label.Length is 0 or > CatalogLimits.Name || label.AsSpan().ContainsAny('/', '\0'))
            return Errno.EINVAL;
        if (isSet && tx.Query("SELECT COUNT(*) FROM label WHERE ino = $1").Add(number).Scalar() >= CatalogLimits.Facts)
            return Errno.ENOSPC;
        tx.Change(isSet ? "INSERT INTO label(ino, label) VALUES ($1, $2) ON CONFLICT (label, ino) DO NOTHING" : "DELETE FROM label WHERE ino = $1 AND label = $2")
            .Add(number).Add(label).Queue();
        Saved(tx, who, file.Value, "label");
        return Errno.None;
    }

    public static Errno SetAttribute(CatalogTransaction tx, Credentials? who, long number, byte[] name, ReadOnlyMemory<byte>? value, int flags)
    {
        const int create = 1;
        const int replace = 2;
        var live = tx.Live(number);
        if (!live.IsOk)
            return live.Error;
        var rows = tx.Query("SELECT name, length(name) + length(val) FROM xattr WHERE ino = $1").Add(number).All(static r => (Name: r.Bytes(0), Size: r.Int64(1)));
        var isThere = rows.Exists(r => r.Name.AsSpan().SequenceEqual(name));
        if (value is null || (flags & replace) != 0)
        {
            if (!isThere)
                return Errno.ENODATA;
        }
        else if (isThere && (flags & create) != 0)
        {
            return Errno.EEXIST;
        }

        if (value is not { } bytes)
        {
            tx.Change("DELETE FROM xattr WHERE ino = $1 AND name = $2").Add(number).Add(name).Queue();
        }
        else
        {
            if (bytes.Length > CatalogLimits.ExtendedAttribute)
                return Errno.E2BIG;
            if (rows.Where(r => !r.Name.AsSpan().SequenceEqual(name)).Sum(static r => r.Size) + name.Length + bytes.Length > CatalogLimits.ExtendedAttributes)
                return Errno.ENOSPC;
            tx.Change("INSERT INTO xattr(ino, name, val) VALUES ($1, $2, $3) ON CONFLICT (ino, name) DO UPDATE SET val = excluded.val")
                .Add(number).Add(name).Add(bytes.ToArray()).Queue();
        }

        tx.Update(ObjectChanges.Changed(tx, live.Value));
        tx.Emit(CatalogEventKind.Attributes, live.Value, who, [.. "xattr"u8]);
        return Errno.None;
    }

    public static Errno SetQuota(CatalogTransaction tx, Credentials? who, long number, long? files, long? bytes)
    {
        var live = TagQueries.Directory(tx, number);
        if (!live.IsOk)
            return live.Error;
        if (who is { Uid: not 0 })
            return Errno.EPERM;
        if (files < 0 || bytes < 0)
            return Errno.EINVAL;
        var isEnd = files is null && bytes is null;
        if (tx.Quota(number) is { } quota && !isEnd)
        {
            tx.Change("UPDATE quota SET maxfiles = $2, maxbytes = $3 WHERE dir = $1").Add(number).Add(files ?? quota.MaximumFiles).Add(bytes ?? quota.MaximumBytes).Queue();
            tx.Forget();
            return Errno.None;
        }

        if (isEnd && tx.Quota(number) is null)
            return Errno.ENOENT;
        var outer = number == CatalogInode.RootNumber ? 0 : tx.Query("SELECT i.qtree FROM dirent e JOIN inode i ON i.ino = e.parent WHERE e.child = $1").Add(number).Scalar() ?? 0;
        var (from, to) = isEnd ? (number, outer) : (live.Value.QuotaTree, number);
        tx.Flush();
        if (!isEnd)
            tx.Change("INSERT INTO quota(dir, maxfiles, maxbytes, files, bytes) VALUES ($1, $2, $3, 0, 0)").Add(number).Add(files ?? 0).Add(bytes ?? 0).Queue();
        tx.Change(
            "UPDATE inode SET qtree = $2 WHERE ino IN (WITH RECURSIVE down(d) AS (SELECT CAST($1 AS BIGINT) UNION SELECT e.child FROM down JOIN dirent e ON e.parent = down.d " +
            "JOIN inode i ON i.ino = e.child WHERE i.qtree = $3) SELECT d FROM down)")
            .Add(number).Add(to).Add(from).Run();
        if (isEnd)
            tx.Change("DELETE FROM quota WHERE dir = $1").Add(number).Queue();
        tx.Forget();
        Recount(tx, number);
        Recount(tx, outer);
        return Errno.None;
    }

    /// <summary>Counts a tree again from its rows.</summary>
    public static void Recount(CatalogTransaction tx, long tree) => tx.Change(
            "UPDATE quota SET files = (SELECT COUNT(*) FROM inode WHERE qtree = $1 AND ino <> $1 AND nlink > 0), " +
            "bytes = (SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM inode WHERE qtree = $1 AND nlink > 0 AND mode >= 32768 AND mode < 36864) WHERE dir = $1")
        .Add(tree).Run();

    private static Result<CatalogInode> File(CatalogTransaction tx, long number)
    {
        var live = tx.Live(number);
        return !live.IsOk || live.Value.IsRegular ? live : live.Value.IsDirectory ? Errno.EISDIR : Errno.EINVAL;
    }

    private static Result<CatalogInode> OwnedFile(CatalogTransaction tx, Credentials? who, long number)
    {
        var file = File(tx, number);
        return file.IsOk && !Access.IsOwner(who, file.Value.Uid) ? Errno.EPERM : file;
    }

    private static CatalogInode Saved(CatalogTransaction tx, Credentials? who, CatalogInode inode, string what)
    {
        var changed = ObjectChanges.Changed(tx, inode);
        tx.Update(changed);
        tx.Emit(CatalogEventKind.Data, inode, who, System.Text.Encoding.ASCII.GetBytes(what));
        return changed;
    }
}

using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Undelete, purge and housekeeping.</summary>
internal static class FeedChanges
{
    /// <summary>Most rows of one step of <see cref="Maintain"/>.</summary>
    private const int Step = 500;

    /// <summary>Most calls of one step: there is one for every change that came over NFS.</summary>
    private const int CallStep = 5000;

    /// <summary>See <see cref="ICatalogFeeds.Restore"/>.</summary>
    public static Result<CatalogInode> Restore(CatalogTransaction tx, Credentials? who, long sequence, long? parentNumber, byte[] name)
    {
        if (Item(tx, sequence) is not { } item || tx.Inode(item.Number) is not { LinkCount: 0 } inode)
            return Errno.ENOENT;
        if (!Access.IsOwner(who, inode.Uid))
            return Errno.EPERM;
        if (name.Length == 0)
            name = item.Name;
        var number = parentNumber ?? item.Parent;
        var found = ObjectChanges.Parent(tx, who, number);
        if (!found.IsOk)
            return found.Error;
        var parent = found.Value;
        if (tx.Entry(number, name) is not null)
            return Errno.EEXIST;
        var error = Access.Check(who, parent, Access.Write);
        if (error == Errno.None)
            error = tx.CheckQuota(parent.QuotaTree, 1, inode.Size);
        if (error != Errno.None)
            return error;
        var restored = ObjectChanges.Changed(tx, inode) with { LinkCount = 1, QuotaTree = parent.QuotaTree };
        tx.Update(restored);
        tx.Change("DELETE FROM trash WHERE seq = $1").Add(sequence).Queue();
        tx.CountTrash(-1);
        tx.InsertEntry(number, name, new CatalogLink(inode.Number, tx.NextNumber()));
        ObjectChanges.Touch(tx, parent, 0);
        tx.Count(parent.QuotaTree, 1, inode.Size);
        tx.Emit(CatalogEventKind.Restored, restored, parent.Pid, name, who);
        return restored;
    }

    /// <summary>See <see cref="ICatalogFeeds.Purge"/>, at most <see cref="Step"/> of all.</summary>
    public static Result<long> Purge(CatalogTransaction tx, Credentials? who, long sequence)
    {
        if (sequence == 0)
            return who is { Uid: not 0 } ? Errno.EPERM : PurgeBefore(tx, long.MaxValue);
        if (Item(tx, sequence) is not { } item || tx.Inode(item.Number) is not { } inode)
            return Errno.ENOENT;
        if (!Access.IsOwner(who, inode.Uid))
            return Errno.EPERM;
        return End(tx, sequence, inode);
    }

    /// <summary>Ends an object that was held when it lost its last name.</summary>
    public static Errno EndHeld(CatalogTransaction tx, long number)
    {
        if (tx.Inode(number) is { LinkCount: 0 } inode && !tx.Shared.IsHeld(number) && !tx.Query("SELECT 1 FROM trash WHERE ino = $1").Add(number).Any())
            ObjectChanges.End(tx, inode);
        return Errno.None;
    }

    /// <summary>Objects without names that are neither in the trash nor held: what a crash left of open files, when removed before a time. Returns how many it ended.</summary>
    public static long EndLeftOvers(CatalogTransaction tx, long time)
    {
        tx.Flush();
        var numbers = tx.Query("SELECT i.ino FROM inode i WHERE i.nlink = 0 AND i.ctime < $1 AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.ino = i.ino) LIMIT 1000").Add(time).All(static r => r.Int64(0));
        numbers.RemoveAll(tx.Shared.IsHeld);
        foreach (var number in numbers)
            ObjectChanges.End(tx, tx.Inode(number)!);
        return numbers.Count;
    }

    /// <summary>See <see cref="ICatalogStore.Maintain"/>.</summary>
    public static bool Maintain(CatalogTransaction tx)
    {
        var now = tx.Now();
        var purged = PurgeBefore(tx, now - Nanoseconds(tx.Options.TrashGrace));
        var pins = tx.Change("DELETE FROM pin WHERE id IN (SELECT id FROM pin WHERE expires <= $1 LIMIT 500)").Add(now).Run();
        var isCallsLeft = ForgetCalls(tx);

        // The newest event stays: its number tells readers where the feed ends.
        var events = tx.Change("DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE t < $1 AND seq < (SELECT MAX(seq) FROM event) ORDER BY seq LIMIT 500)")
            .Add(now - Nanoseconds(tx.Options.EventAge)).Run();
        return isCallsLeft || Math.Max(Math.Max(purged, pins), events) >= Step;
    }

    /// <summary>Forgets calls nobody sends again; true when more are left.</summary>
    private static bool ForgetCalls(CatalogTransaction tx)
    {
        var tooMany = tx.Query("SELECT t FROM request ORDER BY t DESC LIMIT 1 OFFSET $1").Add(tx.Options.RequestCount).Scalar() ?? 0;
        var oldest = Math.Max(tooMany + 1, tx.Shared.Oldest(tx.Options.RequestAge));
        return tx.Change("DELETE FROM request WHERE k IN (SELECT k FROM request WHERE t < $1 ORDER BY t LIMIT 5000)").Add(oldest).Run() >= CallStep;
    }

    private static long PurgeBefore(CatalogTransaction tx, long time)
    {
        tx.Flush();
        var items = tx.Query("SELECT seq, ino FROM trash WHERE t < $1 ORDER BY seq LIMIT 500").Add(time).All(static r => (Sequence: r.Int64(0), Number: r.Int64(1)));
        return items.Sum(i => tx.Inode(i.Number) is { } inode ? End(tx, i.Sequence, inode) : 0);
    }

    private static long End(CatalogTransaction tx, long sequence, CatalogInode inode)
    {
        tx.Change("DELETE FROM trash WHERE seq = $1").Add(sequence).Queue();
        tx.CountTrash(-1);

        // Still open somewhere: the last close ends it.
        if (!tx.Shared.IsHeld(inode.Number))
            ObjectChanges.End(tx, inode);
        return 1;
    }

    private static (long Number, long Parent, byte[] Name)? Item(CatalogTransaction tx, long sequence) =>
        tx.Query("SELECT ino, parent, name FROM trash WHERE seq = $1").Add(sequence).First(static r => ((long, long, byte[])?)(r.Int64(0), r.Int64(1), r.Bytes(2)));

    private static long Nanoseconds(TimeSpan span) => span.Ticks * 100;
}

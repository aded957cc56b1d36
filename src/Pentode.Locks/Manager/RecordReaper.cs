using Pentode.Core;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Manager;

/// <summary>Takes entries of dead sessions out of records nobody here need know, and does the operators' work on records.</summary>
internal sealed class RecordReaper(LockManager manager)
{
    private const int PageEntries = 200;
    private const int MaxAttempts = 16;
    private const int MaxHints = 60;

    /// <summary>Removes the sessions, whose keys are gone from the store, from every record of a domain.</summary>
    internal async ValueTask ReapAsync(LockName domain, bool zeroValue, IReadOnlyCollection<SessionId> dead)
    {
        StoreKey? after = null;
        while (manager.Session is { } session)
        {
            var page = await manager.Store.RangeAsync(manager.Keys.RecordsOf(domain), after, PageEntries).ConfigureAwait(false);
            if (page.Outcome != StoreOutcome.Ok)
                return;
            foreach (var entry in page.Entries)
            {
                after = entry.Key;
                if (!manager.Keys.TryParseRecord(entry.Key, out _, out var name)
                    || !LockRecordCodec.TryDecode(entry.Value, out var record, out _)
                    || !record.Entries.Any(e => dead.Contains(e.Session)))
                {
                    continue;
                }

                _ = await ChangeAsync(session, domain, name, entry, (next, compares, hints) =>
                {
                    var before = next.Entries.Count;
                    foreach (var victim in next.Entries.Where(e => dead.Contains(e.Session)).Select(e => e.Session).ToArray())
                    {
                        next.Reap(victim, zeroValue, hints);
                        compares.Add(StoreCompare.Absent(manager.Keys.Session(victim)));
                        manager.Counters.Reaped.Add();
                    }

                    return next.Entries.Count == before ? Errno.ENOENT : Errno.None;
                }).ConfigureAwait(false);
            }

            if (!page.More || page.Entries.Count == 0)
                return;
        }
    }

    /// <summary>Removes one session from the records of every domain it was a member of, and its memberships.</summary>
    internal async ValueTask ReapEverywhereAsync(SessionId dead)
    {
        foreach (var (domain, zeroValue) in await DomainsOfAsync(dead).ConfigureAwait(false))
            await ReapAsync(domain, zeroValue, [dead]).ConfigureAwait(false);
        await ForgetMembershipsAsync(dead).ConfigureAwait(false);
    }

    /// <summary>Removes the memberships of a dead session.</summary>
    internal async ValueTask ForgetMembershipsAsync(SessionId dead)
    {
        foreach (var (domain, _) in await DomainsOfAsync(dead).ConfigureAwait(false))
        {
            _ = await manager.Store.CommitAsync(new StoreTransaction(
                [StoreCompare.Absent(manager.Keys.Session(dead))],
                [StoreWrite.Delete(manager.Keys.Member(domain, dead))])).ConfigureAwait(false);
        }
    }

    /// <summary>Removes the own entry from a record no local lock stands for.</summary>
    internal async Task DropOwnAsync(NodeSession session, LockName domain, LockName name) =>
        _ = await ChangeAsync(session, domain, name, null, (next, compares, hints) =>
        {
            if (!next.TryGet(session.Id, out _))
                return Errno.ENOENT;
            if (manager.Find(domain) is { } joined)
            {
                lock (manager.Gate)
                {
                    if (joined.TryGet(name, out _))
                        return Errno.EBUSY;
                }
            }

            next.Drop(session.Id, default, hints);
            return Errno.None;
        }).ConfigureAwait(false);

    /// <summary>
    /// Takes a lock away from all who have it, if they are dead or <paramref name="force"/> is set, and makes their tokens stale. EBUSY while a
    /// holder is alive, ENOENT when nobody holds it.
    /// </summary>
    internal async ValueTask<Errno> BreakAsync(NodeSession session, LockName domain, LockName name, bool force)
    {
        var alive = await AliveAsync().ConfigureAwait(false);
        if (alive is null)
            return Errno.ENOTCONN;
        return await ChangeAsync(session, domain, name, null, (next, compares, hints) =>
        {
            var holders = next.Entries.Where(e => e.Granted != LockMode.Null).Select(e => e.Session).ToArray();
            if (holders.Length == 0)
                return Errno.ENOENT;
            if (!force && holders.Any(alive.Contains))
                return Errno.EBUSY;
            // First the token, so that whoever is granted next is above it.
            next.SkipToken();
            foreach (var holder in holders)
            {
                next.Reap(holder, zeroValue: false, hints);
                if (!force)
                    compares.Add(StoreCompare.Absent(manager.Keys.Session(holder)));
            }

            foreach (var holder in holders.Where(alive.Contains))
            {
                hints.RemoveAll(h => h.Session == holder);
                hints.Add(new RecordHint(HintKind.Broken, holder, LockMode.Null));
            }

            return Errno.None;
        }).ConfigureAwait(false);
    }

    private async ValueTask<HashSet<SessionId>?> AliveAsync()
    {
        var alive = new HashSet<SessionId>();
        StoreKey? after = null;
        while (true)
        {
            var page = await manager.Store.RangeAsync(manager.Keys.Sessions, after, PageEntries).ConfigureAwait(false);
            if (page.Outcome != StoreOutcome.Ok)
                return null;
            foreach (var entry in page.Entries)
            {
                after = entry.Key;
                if (manager.Keys.TryParseSession(entry.Key, out var session))
                    alive.Add(session);
            }

            if (!page.More || page.Entries.Count == 0)
                return alive;
        }
    }

    private async ValueTask<List<(LockName Domain, bool ZeroValue)>> DomainsOfAsync(SessionId member)
    {
        var domains = new List<(LockName, bool)>();
        var options = new LockDomainOptions();
        StoreKey? after = null;
        while (true)
        {
            var page = await manager.Store.RangeAsync(manager.Keys.Domains, after, PageEntries).ConfigureAwait(false);
            if (page.Outcome != StoreOutcome.Ok)
                return domains;
            foreach (var entry in page.Entries)
            {
                after = entry.Key;
                // The options of a domain come before its members in the order of keys.
                if (!manager.Keys.TryParseMember(entry.Key, out var domain, out var session))
                    options = new LockDomainOptions().WithShared(entry.Value) ?? new LockDomainOptions();
                else if (session == member)
                    domains.Add((domain, options.ZeroValueOnDeath));
            }

            if (!page.More || page.Entries.Count == 0)
                return domains;
        }
    }

    private async ValueTask<Errno> ChangeAsync(
        NodeSession session,
        LockName domain,
        LockName name,
        StoreEntry? known,
        Func<LockRecord, List<StoreCompare>, List<RecordHint>, Errno> change)
    {
        var keys = manager.Keys;
        var key = keys.Record(domain, name);
        var floorKey = keys.Floor(domain);
        StoreEntry? floor = null;
        var knowsFloor = false;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (known is null || !knowsFloor)
            {
                var read = await manager.Store.CommitAsync(new StoreTransaction([StoreCompare.Exists(key), StoreCompare.Exists(floorKey)], [])).ConfigureAwait(false);
                if (read.Outcome is not (StoreOutcome.Ok or StoreOutcome.Conflict))
                    return Errno.ENOTCONN;
                known = read.Current[0];
                floor = read.Current[1];
                knowsFloor = true;
            }

            if (known is null)
                return Errno.ENOENT;
            if (!LockRecordCodec.TryDecode(known.Value, out var next, out _))
                return Errno.EIO;
            var compares = new List<StoreCompare> { StoreCompare.Exists(keys.Session(session.Id)), StoreCompare.At(key, known.ModRevision) };
            var hints = new List<RecordHint>();
            var before = next.Clone();
            if (change(next, compares, hints) is var refusal && refusal != Errno.None)
                return refusal;
            next.HintCleared(before, hints);
            var writes = new List<StoreWrite>();
            var bytes = LockRecordCodec.Encode(next);
            if (next.IsRemovable)
            {
                compares.Add(StoreCompare.At(floorKey, floor?.ModRevision ?? 0));
                writes.Add(StoreWrite.Delete(key));
                var lowest = floor is null ? 0 : LockDomain.DecodeFloor(floor.Value);
                writes.Add(StoreWrite.Put(floorKey, LockDomain.EncodeFloor(Math.Max(lowest, next.Generation))));
            }
            else
            {
                writes.Add(StoreWrite.Put(key, bytes));
            }

            foreach (var hint in hints.Take(MaxHints))
                writes.Add(StoreWrite.Put(keys.Mailbox(hint.Session), new HintMessage(hint.Kind, hint.Mode, 0, domain, name, bytes).Encode()));
            var result = await manager.Store.CommitAsync(new StoreTransaction(compares, writes)).ConfigureAwait(false);
            if (result.Outcome == StoreOutcome.Ok)
                return Errno.None;
            if (result.Outcome is StoreOutcome.ReadOnly)
                return Errno.EROFS;
            if (result.Outcome == StoreOutcome.Conflict && (result.Current[0] is null || compares.Skip(2).Where((c, i) =>
                    c.Condition == StoreCondition.Absent && c.Key != floorKey && result.Current[i + 2] is not null).Any()))
            {
                return Errno.EBUSY;
            }

            known = null;
        }

        return Errno.EAGAIN;
    }
}

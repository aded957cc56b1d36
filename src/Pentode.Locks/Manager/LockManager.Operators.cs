using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Manager;

// What operators ask for: who holds what, and the means to end it.
public sealed partial class LockManager
{
    private const int PageEntries = 500;

    /// <summary>What the store says of itself, asked now.</summary>
    public ValueTask<StoreInfo> StoreInfoAsync(CancellationToken cancellation = default) => Store.InfoAsync(cancellation);

    /// <summary>All sessions of the cluster, by node name.</summary>
    public async ValueTask<Result<IReadOnlyList<SessionListing>>> SessionsAsync()
    {
        var read = await ReadAllAsync(Keys.Sessions).ConfigureAwait(false);
        if (!read.IsOk)
            return read.Error;
        var sessions = new List<SessionListing>();
        foreach (var entry in read.Value)
        {
            if (Keys.TryParseSession(entry.Key, out var id) && SessionRecord.Decode(entry.Value) is { } record)
                sessions.Add(new SessionListing(id, record.Node, record.ProcessId, record.Address, record.Beat, id == SessionId));
        }

        return sessions.OrderBy(s => s.Node, StringComparer.Ordinal).ToArray();
    }

    /// <summary>Every lock of the cluster that has a record, or those of one domain, in the order of their names.</summary>
    public async ValueTask<Result<IReadOnlyList<LockListing>>> ListAsync(LockName? domain = null)
    {
        var sessions = await SessionsAsync().ConfigureAwait(false);
        if (!sessions.IsOk)
            return sessions.Error;
        var nodes = sessions.Value.ToDictionary(s => s.Session, s => s.Node);
        var read = await ReadAllAsync(domain is { } only ? Keys.RecordsOf(only) : Keys.Records).ConfigureAwait(false);
        if (!read.IsOk)
            return read.Error;
        var listings = new List<LockListing>();
        foreach (var entry in read.Value)
        {
            if (!Keys.TryParseRecord(entry.Key, out var domainName, out var name))
                continue;
            listings.Add(LockRecordCodec.TryDecode(entry.Value, out var record, out var problem)
                ? Describe(domainName, name, record, nodes)
                : new LockListing(domainName, name, 0, [], 0, ValueState.Unset, [], problem));
        }

        return listings;
    }

    /// <summary>
    /// Takes a lock away from those who hold it and makes their tokens stale. EBUSY when a holder is alive and <paramref name="force"/> is not set,
    /// ENOENT when nobody holds it, ENOTCONN without a session.
    /// </summary>
    public async ValueTask<Errno> BreakAsync(LockName domain, LockName name, bool force)
    {
        if (_session is not { } session || !CheckLive())
            return Errno.ENOTCONN;
        var result = await _reaper.BreakAsync(session, domain, name, force).ConfigureAwait(false);
        Log.Write(LogLevel.Warning, $"locks: break {domain}/{name}{(force ? " by force" : string.Empty)} by node {Options.Node}: {(result == Errno.None ? "done" : result.ToString())}");
        return result;
    }

    /// <summary>
    /// Ends the session of a node an operator knows to be off, without the wait. ENOENT when that node has none, EBUSY when it beat at that
    /// moment, EINVAL for this node itself.
    /// </summary>
    public async ValueTask<Errno> DeclareDeadAsync(string node)
    {
        if (node == Options.Node)
            return Errno.EINVAL;
        var read = await Store.CommitAsync(new StoreTransaction([StoreCompare.Exists(Keys.Host(node))], [])).ConfigureAwait(false);
        if (read.Outcome is not (StoreOutcome.Ok or StoreOutcome.Conflict))
            return ToErrno(read);
        if (read.Current[0] is not { } pointer || !Record.SessionId.TryParse(System.Text.Encoding.ASCII.GetString(pointer.Value), out var dead))
            return Errno.ENOENT;
        var key = Keys.Session(dead);
        var current = await Store.CommitAsync(new StoreTransaction([StoreCompare.Exists(key)], [])).ConfigureAwait(false);
        if (current.Outcome is not (StoreOutcome.Ok or StoreOutcome.Conflict))
            return ToErrno(current);
        if (current.Current[0] is not { } entry)
            return Errno.ENOENT;
        var result = await Store.CommitAsync(new StoreTransaction(
            [StoreCompare.At(key, entry.ModRevision)],
            [StoreWrite.Delete(key), StoreWrite.Delete(Keys.Mailbox(dead)), StoreWrite.Delete(Keys.Wait(dead))])).ConfigureAwait(false);
        Log.Write(LogLevel.Warning, $"locks: node {node} (session {dead}) declared dead by node {Options.Node}: {result.Outcome}");
        if (result.Outcome == StoreOutcome.Conflict)
            return Errno.EBUSY;
        if (result.Outcome != StoreOutcome.Ok)
            return ToErrno(result);
        await OnCertifiedDeadAsync([dead]).ConfigureAwait(false);
        await _reaper.ReapEverywhereAsync(dead).ConfigureAwait(false);
        return Errno.None;
    }

    private LockListing Describe(LockName domain, LockName name, LockRecord record, Dictionary<SessionId, string> nodes)
    {
        var parties = record.Entries
            .OrderBy(e => e.IsWaiting).ThenBy(e => e.Sequence)
            .Select(e => new LockParty(e.Session, nodes.GetValueOrDefault(e.Session, string.Empty), nodes.ContainsKey(e.Session), e.Granted, e.Wanted, e.Token, UsersOf(e.Session, domain, name)))
            .ToArray();
        var state = (record.Flags & RecordFlags.ValueSuspect) != 0 ? ValueState.Suspect
            : (record.Flags & RecordFlags.ValueSet) != 0 ? ValueState.Valid : ValueState.Unset;
        return new LockListing(domain, name, record.Generation, record.Value, record.ValueGeneration, state, parties, null);
    }

    private IReadOnlyList<LockUser> UsersOf(SessionId session, LockName domain, LockName name)
    {
        lock (Gate)
        {
            if (session != SessionId || !_domains.TryGetValue(domain, out var joined) || !joined.TryGet(name, out var resource))
                return [];
            var nowMs = Clock.NowMs;
            return
            [
                .. resource.Handles.Select(h => new LockUser(h.Mode, false, h.Options.OpenerPid, h.Options.Command, nowMs - h.SinceMs)),
                .. resource.Waiters.Select(w => new LockUser(w.Options.Mode, true, w.Options.OpenerPid, w.Options.Command, nowMs - w.SinceMs)),
            ];
        }
    }

    private async ValueTask<Result<List<StoreEntry>>> ReadAllAsync(StoreKey prefix)
    {
        var found = new List<StoreEntry>();
        StoreKey? after = null;
        while (true)
        {
            var page = await Store.RangeAsync(prefix, after, PageEntries).ConfigureAwait(false);
            if (page.Outcome != StoreOutcome.Ok)
                return page.Outcome == StoreOutcome.Refused ? Errno.EACCES : Errno.ENOTCONN;
            found.AddRange(page.Entries);
            if (!page.More || page.Entries.Count == 0)
                return found;
            after = page.Entries[^1].Key;
        }
    }
}

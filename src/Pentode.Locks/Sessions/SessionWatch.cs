using Pentode.Core.Diagnostics;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Sessions;

/// <summary>
/// Watches the sessions of all nodes by reading them, and ends one that was seen unchanged for dead_ms on this node's clock. The end is a
/// transaction that compares the revision seen, so a beat that came meanwhile saves the session.
/// </summary>
internal sealed class SessionWatch(LockManager manager)
{
    private const int PageEntries = 1000;
    private const int LeastPollMs = 20;

    private readonly Pacer _pacer = new(manager.Clock);
    private readonly Dictionary<SessionId, (long Revision, long SinceMs)> _seen = [];
    private Task _loop = Task.CompletedTask;

    private int DeadMs => manager.Options.Timing.DeadMs;

    internal void Start() => _loop = RunAsync();

    internal void Stop() => _pacer.Stop();

    private async Task RunAsync()
    {
        // Four polls for each beat: a death is certain at most a quarter of a beat later than it could be.
        var pollMs = Math.Max(LeastPollMs, manager.Options.Timing.HeartbeatMs / 4);
        while (!_pacer.IsStopped)
        {
            await _pacer.WaitAsync(Math.Max(1, Math.Min(pollMs, NextDeathMs()))).ConfigureAwait(false);
            if (!_pacer.IsStopped && manager.Session is not null)
                await PollAsync().ConfigureAwait(false);
        }
    }

    private long NextDeathMs()
    {
        var nowMs = manager.Clock.NowMs;
        var next = long.MaxValue;
        foreach (var (session, seen) in _seen)
        {
            if (session != manager.SessionId)
                next = Math.Min(next, seen.SinceMs + DeadMs - nowMs);
        }

        // One that is due and could not be ended is tried again at the pace of the polls.
        return next <= 0 ? long.MaxValue : next;
    }

    private async ValueTask PollAsync()
    {
        var found = new List<StoreEntry>();
        StoreKey? after = null;
        while (true)
        {
            var page = await manager.Store.RangeAsync(manager.Keys.Sessions, after, PageEntries).ConfigureAwait(false);
            if (page.Outcome != StoreOutcome.Ok)
                return;
            found.AddRange(page.Entries);
            if (!page.More || page.Entries.Count == 0)
                break;
            after = page.Entries[^1].Key;
        }

        var nowMs = manager.Clock.NowMs;
        var alive = new HashSet<SessionId>();
        foreach (var entry in found)
        {
            if (!manager.Keys.TryParseSession(entry.Key, out var session))
                continue;
            alive.Add(session);
            // First seen now, after the answer: the beat was committed before, so the wait that begins here is never too short.
            if (!_seen.TryGetValue(session, out var seen) || seen.Revision != entry.ModRevision)
                _seen[session] = (entry.ModRevision, nowMs);
        }

        foreach (var gone in _seen.Keys.Where(s => !alive.Contains(s)).ToArray())
            _seen.Remove(gone);
        manager.OnSessionsSeen(alive);
        await EndSilentAsync(nowMs).ConfigureAwait(false);
    }

    private async ValueTask EndSilentAsync(long nowMs)
    {
        var dead = new List<SessionId>();
        foreach (var (session, seen) in _seen.ToArray())
        {
            if (session == manager.SessionId || nowMs - seen.SinceMs < DeadMs)
                continue;
            var result = await manager.Store.CommitAsync(new StoreTransaction(
                [StoreCompare.At(manager.Keys.Session(session), seen.Revision)],
                [StoreWrite.Delete(manager.Keys.Session(session)), StoreWrite.Delete(manager.Keys.Mailbox(session)), StoreWrite.Delete(manager.Keys.Wait(session))])).ConfigureAwait(false);
            if (result.Outcome == StoreOutcome.Conflict && result.Current[0] is not null)
                _seen.Remove(session);
            if (result.Outcome != StoreOutcome.Ok)
                continue;
            _seen.Remove(session);
            dead.Add(session);
            manager.Counters.Certified.Add();
            manager.Log.Write(LogLevel.Warning, $"locks: session {session} did not beat for {DeadMs} ms and was ended; its locks go to those who wait");
        }

        if (dead.Count == 0)
            return;
        await manager.OnCertifiedDeadAsync(dead).ConfigureAwait(false);
        foreach (var session in dead)
            await manager.Reaper.ForgetMembershipsAsync(session).ConfigureAwait(false);
    }
}

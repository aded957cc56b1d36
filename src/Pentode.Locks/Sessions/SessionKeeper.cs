using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Sessions;

/// <summary>Keeps this node in a session: starts one, beats, and starts the next when it is lost.</summary>
internal sealed class SessionKeeper(LockManager manager)
{
    private const int ConflictsBeforePause = 4;

    private readonly Pacer _pacer = new(manager.Clock);
    private readonly string _bootId = manager.Options.BootId ?? StateDirectory.BootId();
    private Task _loop = Task.CompletedTask;
    private (StoreKey Key, long Revision, long SinceMs)? _predecessor;

    private SessionTiming Timing => manager.Options.Timing;

    /// <summary>Tries to start a session once, then goes on behind, unless the answer can only be changed by an operator.</summary>
    internal async ValueTask<Errno> StartAsync()
    {
        var error = await BeginAsync().ConfigureAwait(false);
        if (error is not (Errno.EINVAL or Errno.EACCES or Errno.EEXIST))
            _loop = RunAsync();
        return error;
    }

    /// <summary>Looks at once whether a session is needed.</summary>
    internal void Wake() => _pacer.Wake();

    internal async ValueTask StopAsync()
    {
        _pacer.Stop();
        await _loop.ConfigureAwait(false);
        if (manager.Session is not { } session)
            return;
        manager.OnSessionEnded(session);
        // Nothing is used any more, so others need not wait for dead_ms. What this does not reach, they will find out by themselves.
        _ = await manager.Store.CommitAsync(new StoreTransaction(
            [StoreCompare.Exists(manager.Keys.Session(session.Id))],
            [StoreWrite.Delete(manager.Keys.Session(session.Id)), StoreWrite.Delete(manager.Keys.Mailbox(session.Id)), StoreWrite.Delete(manager.Keys.Wait(session.Id))])).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var retryMs = Timing.HeartbeatMs / 4;
        while (!_pacer.IsStopped)
        {
            if (manager.Session is { } session)
            {
                var sentMs = manager.Clock.NowMs;
                var isBeaten = await BeatAsync(session).ConfigureAwait(false);
                var nextMs = isBeaten ? sentMs + Timing.HeartbeatMs - manager.Clock.NowMs : retryMs;
                await _pacer.WaitAsync(Math.Max(1, nextMs)).ConfigureAwait(false);
            }
            else if (await BeginAsync().ConfigureAwait(false) != Errno.None)
            {
                await _pacer.WaitAsync(retryMs).ConfigureAwait(false);
            }
            else
            {
                await _pacer.WaitAsync(Timing.HeartbeatMs).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<bool> BeatAsync(NodeSession session)
    {
        if (!manager.CheckLive())
            return false;
        // The time before sending counts: whatever the answer took, others saw the beat later than this.
        var sentMs = manager.Clock.NowMs;
        session.Beat++;
        var result = await manager.Store.CommitAsync(new StoreTransaction(
            [StoreCompare.Exists(manager.Keys.Session(session.Id))],
            [StoreWrite.Put(manager.Keys.Session(session.Id), Describe(session.Beat).Encode())])).ConfigureAwait(false);
        manager.ReportStore(result);
        if (result.Outcome == StoreOutcome.Ok)
            return manager.OnBeat(session, sentMs);
        if (result.Outcome != StoreOutcome.Conflict)
            return false;
        var after = new AfterGate();
        lock (manager.Gate)
            manager.OnSessionGone(session, "it was ended by another node", after);
        after.Run();
        return false;
    }

    private SessionRecord Describe(ulong beat) => new(manager.Options.Node, _bootId, Environment.ProcessId, manager.Options.Address, beat);

    private async ValueTask<Errno> BeginAsync()
    {
        for (var conflicts = 0; conflicts < ConflictsBeforePause && !_pacer.IsStopped; conflicts++)
        {
            var keys = manager.Keys;
            var host = keys.Host(manager.Options.Node);
            var read = await manager.Store.CommitAsync(new StoreTransaction([StoreCompare.Exists(keys.Meta), StoreCompare.Exists(host)], [])).ConfigureAwait(false);
            if (read.Outcome is not (StoreOutcome.Ok or StoreOutcome.Conflict))
                return Failed(read);
            if (read.Current[0] is { } meta && SessionTiming.Decode(meta.Value) != Timing)
                return Differs(SessionTiming.Decode(meta.Value));
            var earlier = read.Current[1] is { } pointer && SessionId.TryParse(System.Text.Encoding.ASCII.GetString(pointer.Value), out var parsed) ? parsed : (SessionId?)null;
            if (earlier is { } other && await MayEndAsync(other).ConfigureAwait(false) is var verdict && verdict != Errno.None)
                return verdict;

            var id = SessionId.Of(manager.Options.Node, manager.NextLife());
            var sentMs = manager.Clock.NowMs;
            var result = await manager.Store.CommitAsync(Start(id, earlier, read)).ConfigureAwait(false);
            if (result.Outcome == StoreOutcome.Conflict)
                continue;
            if (result.Outcome != StoreOutcome.Ok)
                return Failed(result);
            manager.ReportStore(result);
            _predecessor = null;
            return await StandAsync(new NodeSession(id, sentMs + Timing.HoldMs, sentMs + (Timing.HoldMs / 2)), earlier).ConfigureAwait(false);
        }

        return Errno.EAGAIN;
    }

    private StoreTransaction Start(SessionId id, SessionId? earlier, in StoreResult read)
    {
        var keys = manager.Keys;
        var host = keys.Host(manager.Options.Node);
        var writes = new List<StoreWrite>
        {
            StoreWrite.Put(keys.Session(id), Describe(1).Encode()),
            StoreWrite.Put(host, System.Text.Encoding.ASCII.GetBytes(id.ToString())),
        };
        if (read.Current[0] is null)
            writes.Add(StoreWrite.Put(keys.Meta, Timing.Encode()));
        if (earlier is { } old)
        {
            writes.Add(StoreWrite.Delete(keys.Session(old)));
            writes.Add(StoreWrite.Delete(keys.Mailbox(old)));
            writes.Add(StoreWrite.Delete(keys.Wait(old)));
        }

        return new StoreTransaction(
            [StoreCompare.Absent(keys.Session(id)), StoreCompare.At(keys.Meta, read.Current[0]?.ModRevision ?? 0), StoreCompare.At(host, read.Current[1]?.ModRevision ?? 0)],
            writes);
    }

    // The daemon holds its state directory, so a session of this name on this run of this machine is its own predecessor. One of another run may be
    // another machine that was given the same name: it is watched like any other session first.
    private async ValueTask<Errno> MayEndAsync(SessionId earlier)
    {
        var key = manager.Keys.Session(earlier);
        var read = await manager.Store.CommitAsync(new StoreTransaction([StoreCompare.Exists(key)], [])).ConfigureAwait(false);
        if (read.Outcome is not (StoreOutcome.Ok or StoreOutcome.Conflict))
            return Failed(read);
        if (read.Current[0] is not { } entry || SessionRecord.Decode(entry.Value) is not { } record || record.BootId == _bootId)
            return Errno.None;
        var nowMs = manager.Clock.NowMs;
        if (_predecessor is { } seen && seen.Key == key && seen.Revision == entry.ModRevision)
            return nowMs - seen.SinceMs >= Timing.DeadMs ? Errno.None : Errno.EAGAIN;
        var isBeating = _predecessor is { } other && other.Key == key;
        _predecessor = (key, entry.ModRevision, nowMs);
        if (!isBeating)
            return Errno.EAGAIN;
        manager.Report($"another node calls itself {manager.Options.Node} and is alive (process {record.ProcessId}, {record.Address}): give this one another name");
        return Errno.EEXIST;
    }

    private async ValueTask<Errno> StandAsync(NodeSession session, SessionId? earlier)
    {
        foreach (var domain in manager.Domains)
        {
            _ = await manager.Store.CommitAsync(new StoreTransaction(
                [StoreCompare.Exists(manager.Keys.Session(session.Id))],
                [StoreWrite.Put(manager.Keys.Member(domain.Name, session.Id), System.Text.Encoding.UTF8.GetBytes(manager.Options.Node))])).ConfigureAwait(false);
        }

        manager.OnSessionStarted(session);
        manager.Log.Write(LogLevel.Info, $"locks: node {manager.Options.Node} of cluster {manager.Options.Cluster} has session {session.Id} in {manager.Store.Description}");
        if (earlier is { } old)
            await manager.Reaper.ReapEverywhereAsync(old).ConfigureAwait(false);
        return Errno.None;
    }

    private Errno Differs(SessionTiming? theirs)
    {
        manager.Report(theirs is null
            ? $"the times of cluster {manager.Options.Cluster} in {manager.Store.Description} cannot be read: it belongs to another version"
            : $"cluster {manager.Options.Cluster} runs with heartbeat_ms {theirs.HeartbeatMs}, hold_ms {theirs.HoldMs}, dead_ms {theirs.DeadMs}; this node is set to {Timing.HeartbeatMs}, {Timing.HoldMs}, {Timing.DeadMs}: they must be equal everywhere");
        return Errno.EINVAL;
    }

    private Errno Failed(in StoreResult result)
    {
        manager.ReportStore(result);
        return result.Outcome switch
        {
            StoreOutcome.ReadOnly => Errno.EROFS,
            StoreOutcome.Refused => Errno.EACCES,
            _ => Errno.ENOTCONN,
        };
    }
}

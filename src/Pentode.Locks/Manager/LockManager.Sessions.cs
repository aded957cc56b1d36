using Pentode.Core.Diagnostics;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Manager;

// The session's life as the locks see it.
public sealed partial class LockManager
{
    private readonly HashSet<SessionId> _alive = [];
    private IDisposable? _phaseTimer;
    private IDisposable? _mailbox;
    private readonly List<SessionFence> _fences = [];
    private bool _knowsSessions;

    /// <summary>True while the session is good at this moment; finding that it is not ends it.</summary>
    internal bool CheckLive()
    {
        if (_session is not { } session)
            return false;
        if (Clock.NowMs < session.ValidUntilMs)
            return true;
        var after = new AfterGate();
        lock (Gate)
            OnSessionGone(session, "no beat was acknowledged in time", after);
        after.Run();
        return false;
    }

    internal bool MayGrant(LockMode mode, long nowMs, bool isNewGrant) =>
        _session is { } session && nowMs < session.ValidUntilMs && (isNewGrant || mode != LockMode.Exclusive || nowMs < session.SuspectAtMs);

    internal bool IsBelievedDead(SessionId session) => _knowsSessions && !_alive.Contains(session);

    internal void Believe(SessionId session, bool isAlive)
    {
        if (isAlive)
            _alive.Add(session);
        else
            _alive.Remove(session);
    }

    /// <summary>The sessions there are now. Not under the gate.</summary>
    internal void OnSessionsSeen(IEnumerable<SessionId> sessions)
    {
        var after = new AfterGate();
        lock (Gate)
        {
            var before = _alive.ToArray();
            _alive.Clear();
            _alive.UnionWith(sessions);
            _knowsSessions = true;
            if (before.Any(s => !_alive.Contains(s)))
            {
                foreach (var resource in AllResources())
                    resource.OnDeaths(force: false, after);
            }
        }

        after.Run();
    }

    /// <summary>Takes the entries of sessions that are certainly dead out of every record of the joined domains.</summary>
    internal async ValueTask OnCertifiedDeadAsync(IReadOnlyCollection<SessionId> sessions)
    {
        LockDomain[] domains;
        lock (Gate)
        {
            foreach (var session in sessions)
                Believe(session, isAlive: false);
            domains = [.. _domains.Values];
        }

        foreach (var domain in domains)
            await _reaper.ReapAsync(domain.Name, domain.Options.ZeroValueOnDeath, sessions).ConfigureAwait(false);
        var after = new AfterGate();
        lock (Gate)
        {
            foreach (var resource in AllResources())
                resource.OnDeaths(force: false, after);
        }

        after.Run();
    }

    /// <summary>Binds the life of this process to the session a lock is held under; null without a session, or where that is not wanted.</summary>
    internal SessionFence? Fence()
    {
        if (_actions.MakeKillTimer() is not { } timer)
            return null;
        lock (Gate)
        {
            if (_session is not { } session)
            {
                timer.Dispose();
                return null;
            }

            var fence = new SessionFence(this, session, timer);
            _fences.Add(fence);
            return fence;
        }
    }

    internal void Forget(SessionFence fence)
    {
        lock (Gate)
            _fences.Remove(fence);
    }

    internal RecordReaper Reaper => _reaper;

    /// <summary>A new session is committed: requests that waited go on under it. Not under the gate.</summary>
    internal void OnSessionStarted(NodeSession session)
    {
        var after = new AfterGate();
        lock (Gate)
        {
            Believe(session.Id, isAlive: true);
            _session = session;
            _mailbox = Store.Watch(Keys.Mailbox(session.Id), new MailboxWatcher(this, session));
            ArmPhaseTimer(session);
            foreach (var resource in AllResources())
                resource.OnSessionStarted(after);
        }

        after.Run();
    }

    /// <summary>A beat sent at that time was acknowledged; false when it came too late. Not under the gate.</summary>
    internal bool OnBeat(NodeSession session, long sentMs)
    {
        if (!CheckLive())
            return false;
        var usesWatchdog = false;
        lock (Gate)
        {
            if (_session != session)
                return false;
            var wasSuspect = Clock.NowMs >= session.SuspectAtMs;
            session.Extend(sentMs, Options.Timing);
            session.LossStage = 0;
            foreach (var fence in _fences)
            {
                if (fence.Session == session)
                    fence.Extend();
            }

            ArmPhaseTimer(session);
            if (wasSuspect)
            {
                // Exclusive requests that the doubt held back.
                var after = new AfterGate();
                foreach (var resource in AllResources().Where(r => r.Waiters.Count > 0))
                    after.Run(resource);
                if (after.HasActions)
                    _ = Clock.Schedule(0, after.Run);
            }

            usesWatchdog = _domains.Values.Any(d => d.Options.Loss == LossPolicy.Watchdog);
        }

        if (usesWatchdog)
            _actions.RefreshWatchdog();
        return true;
    }

    /// <summary>The session is over. Under the gate.</summary>
    internal void OnSessionGone(NodeSession session, string reason, AfterGate after)
    {
        if (_session != session)
            return;
        _session = null;
        _phaseTimer?.Dispose();
        _phaseTimer = null;
        var mailbox = _mailbox;
        _mailbox = null;
        Counters.SessionsLost.Add();
        var held = Interlocked.Read(ref _holders);
        var mustReset = _domains.Values.Any(d => d.Options.Loss == LossPolicy.Reset && d.Resources.Any(r => r.Handles.Count > 0));
        foreach (var resource in AllResources())
            resource.OnSessionLost(after);
        after.Add(() =>
        {
            mailbox?.Dispose();
            Log.Write(LogLevel.Error, $"locks: session {session.Id} is lost, and {held} locks in use with it: {reason}");
            if (mustReset)
                _actions.Reset();
            _keeper.Wake();
        });
    }

    /// <summary>The orderly end of a session: quiet. Not under the gate.</summary>
    internal void OnSessionEnded(NodeSession session)
    {
        IDisposable? mailbox = null;
        var after = new AfterGate();
        lock (Gate)
        {
            if (_session == session)
            {
                _session = null;
                _phaseTimer?.Dispose();
                mailbox = _mailbox;
                _mailbox = null;
                foreach (var resource in AllResources())
                {
                    resource.OnSessionLost(after);
                    resource.FailWaiters(Core.Errno.ESHUTDOWN, static _ => true, after);
                }
            }
        }

        mailbox?.Dispose();
        after.Run();
        if (Domains.Any(d => d.Options.Loss == LossPolicy.Watchdog))
            _actions.DisarmWatchdog();
    }

    internal void OnMailbox(NodeSession session, StoreEntry entry)
    {
        if (HintMessage.Decode(entry.Value) is not { } message)
        {
            Log.Write(LogLevel.Warning, $"locks: a hint that cannot be read came into {entry.Key}");
            return;
        }

        var revision = message.Revision == 0 ? entry.ModRevision : message.Revision;
        var after = new AfterGate();
        lock (Gate)
        {
            if (_session != session)
                return;
            if (_domains.TryGetValue(message.Domain, out var domain) && domain.TryGet(message.Name, out var resource))
                resource.OnHint(message, revision, after);
            else if (LockRecordCodec.TryDecode(message.Record, out var record, out _) && record.TryGet(session.Id, out _))
                // An entry nobody here knows of, left by a transaction whose answer was lost: nobody else would ever take it away.
                after.Add(() => _ = _reaper.DropOwnAsync(session, message.Domain, message.Name));
        }

        after.Run();
    }

    internal void OnMailboxBroken(NodeSession session)
    {
        var after = new AfterGate();
        lock (Gate)
        {
            if (_session != session)
                return;
            foreach (var resource in AllResources())
                resource.Recheck(after);
        }

        after.Run();
    }

    internal async ValueTask ForgetAsync(LockDomain domain)
    {
        NodeSession? session;
        lock (Gate)
        {
            _domains.Remove(domain.Name);
            session = _session;
        }

        if (session is not null)
        {
            _ = await Store.CommitAsync(new StoreTransaction(
                [StoreCompare.Exists(Keys.Session(session.Id))],
                [StoreWrite.Delete(Keys.Member(domain.Name, session.Id))])).ConfigureAwait(false);
        }
    }

    private IEnumerable<LockResource> AllResources() => _domains.Values.SelectMany(static d => d.Resources);

    private void ArmPhaseTimer(NodeSession session)
    {
        _phaseTimer?.Dispose();
        var nowMs = Clock.NowMs;
        var firstMs = session.ValidUntilMs - Options.KillGraceMs;
        var secondMs = session.ValidUntilMs - (Options.KillGraceMs / 4);
        var due = session.LossStage switch
        {
            0 => firstMs,
            1 => secondMs,
            _ => session.ValidUntilMs,
        };
        _phaseTimer = Clock.Schedule(Math.Max(0, due - nowMs), () => OnPhaseTimer(session));
    }

    private void OnPhaseTimer(NodeSession session)
    {
        if (!CheckLive())
            return;
        var after = new AfterGate();
        lock (Gate)
        {
            if (_session != session)
                return;
            var leftMs = session.ValidUntilMs - Clock.NowMs;
            if (leftMs <= Options.KillGraceMs && session.LossStage == 0)
            {
                session.LossStage = 1;
                ActOnLoss(isLast: false, after);
            }

            if (leftMs <= Options.KillGraceMs / 4 && session.LossStage == 1)
            {
                session.LossStage = 2;
                ActOnLoss(isLast: true, after);
            }

            ArmPhaseTimer(session);
        }

        after.Run();
    }

    private void ActOnLoss(bool isLast, AfterGate after)
    {
        const int terminate = 15, kill = 9;
        foreach (var domain in _domains.Values)
        {
            var signal = (domain.Options.Loss, isLast) switch
            {
                (LossPolicy.Signal, false) => domain.Options.LossSignal,
                (LossPolicy.Kill, false) => terminate,
                (LossPolicy.Kill, true) => kill,
                _ => 0,
            };
            if (signal == 0)
                continue;
            foreach (var (pid, start) in domain.Resources.SelectMany(r => r.Handles).Where(h => h.Options.OpenerPid > 0)
                         .Select(h => (h.Options.OpenerPid, h.OpenerStart)).Distinct().ToArray())
            {
                after.Add(() =>
                {
                    Log.Write(LogLevel.Warning, $"locks: the session ends soon, process {pid} that uses domain {domain.Name} gets signal {signal}");
                    _actions.Signal(pid, start, signal);
                });
            }
        }
    }

    private sealed class MailboxWatcher(LockManager manager, NodeSession session) : IStoreWatcher
    {
        public void OnChanged(StoreEntry entry) => manager.OnMailbox(session, entry);

        public void OnBroken() => manager.OnMailboxBroken(session);
    }
}

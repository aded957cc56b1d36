using System.Diagnostics;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Locks;

public sealed class SessionTests
{
    private readonly LockLab _lab = new();

    [Fact]
    public void A_killed_nodes_lock_goes_to_the_waiter_within_dead_ms_and_one_second()
    {
        var (a, host) = _lab.Join("a");
        var (b, _) = _lab.Join("b");
        var held = _lab.Take(a, "x", LockMode.Exclusive);
        var waiting = LockLab.Ask(b, "x", new AcquireOptions(LockMode.Exclusive));
        _lab.Pass(20_000);
        Assert.Null(waiting[0]);
        host.Kill();
        var killedMs = _lab.NowMs;
        _lab.Until(() => waiting[0] is not null);
        Assert.InRange(_lab.NowMs - killedMs, _lab.Timing.DeadMs - _lab.Timing.HeartbeatMs - 100, _lab.Timing.DeadMs + 1000);
        var handle = waiting[0]!.Value.Value;
        Assert.True(handle.Token > held.Token);
        Assert.Equal(ValueState.Suspect, handle.ReadValueState().Value);
    }

    [Fact]
    public void A_daemon_that_is_started_again_ends_its_old_session_at_once()
    {
        var (a, host) = _lab.Join("a");
        var (b, _) = _lab.Join("b");
        _ = _lab.Take(a, "x", LockMode.Exclusive);
        var waiting = LockLab.Ask(b, "x", new AcquireOptions(LockMode.Exclusive));
        _lab.Pass(3000);
        host.Kill();
        var killedMs = _lab.NowMs;
        var (again, _) = _lab.Node("a");
        Assert.Equal(Errno.None, _lab.Wait(again.StartAsync()));
        _lab.Until(() => waiting[0] is not null);
        Assert.InRange(_lab.NowMs - killedMs, 0, 500);
    }

    [Fact]
    public void An_orderly_end_lets_others_go_on_at_once()
    {
        var (a, _) = _lab.Join("a");
        var (b, _) = _lab.Join("b");
        _ = _lab.Take(a, "x", LockMode.Exclusive);
        var waiting = LockLab.Ask(b, "x", new AcquireOptions(LockMode.Shared));
        _lab.Pass(100);
        var startMs = _lab.NowMs;
        var ending = a.Manager.DisposeAsync().AsTask();
        _lab.Until(() => ending.IsCompleted && waiting[0] is not null);
        Assert.InRange(_lab.NowMs - startMs, 0, 1500);
    }

    [Fact]
    public void A_node_cut_off_loses_its_locks_before_anybody_gets_them_and_its_users_are_told()
    {
        var (a, host) = _lab.Join("a");
        var (b, _) = _lab.Join("b");
        var held = _lab.Take(a, "x", LockMode.Exclusive);
        var observer = new Observer();
        held.Observer = observer;
        var lost = held.Lost;
        _ = held.WriteValue("unflushed"u8);
        var idle = _lab.Take(a, "idle", LockMode.Exclusive);
        _ = idle.Release();
        var waiting = LockLab.Ask(b, "x", new AcquireOptions(LockMode.Exclusive));
        _lab.Pass(5000);
        host.CutOffUntilUs = _lab.World.NowUs + 60_000_000;
        _lab.Until(() => a.Manager.Phase == SessionPhase.Suspect);
        Assert.False(held.IsLost);
        // In doubt no exclusive use begins from the cache, a shared one still may.
        Assert.Null(a.TryAcquireCached(LockName.Of("idle"), new AcquireOptions(LockMode.Exclusive)));
        Assert.NotNull(a.TryAcquireCached(LockName.Of("idle"), new AcquireOptions(LockMode.Shared)));
        var blocked = LockLab.Ask(a, "other", new AcquireOptions(LockMode.Exclusive));
        _lab.Until(() => observer.Lost.Count > 0);
        Assert.Null(waiting[0]);
        Assert.True(held.IsLost);
        Assert.True(lost.IsCancellationRequested);
        Assert.Equal(Errno.ESTALE, held.ReadValue(new byte[1]).Error);
        Assert.Equal(Errno.ESTALE, held.WriteValue([1]).Error);
        Assert.Equal(SessionPhase.Down, held.Phase);
        Assert.Equal(Errno.ESTALE, held.Release());
        Assert.Equal(Errno.EBADF, held.Release());
        Assert.Equal(Errno.ENOTCONN, LockLab.Ask(a, "x", new AcquireOptions(LockMode.Shared, Try: true))[0]!.Value.Error);
        Assert.Null(blocked[0]);
        _lab.Until(() => waiting[0] is not null);
        Assert.Equal(ValueState.Suspect, waiting[0]!.Value.Value.ReadValueState().Value);
        // Back again: a new session, and what waited is served under it.
        _lab.Until(() => blocked[0] is not null, 120_000);
        Assert.True(blocked[0]!.Value.IsOk);
        Assert.Single(observer.Lost);
    }

    [Fact]
    public void A_paused_node_finds_its_locks_lost_when_it_wakes()
    {
        var (a, host) = _lab.Join("a");
        var (b, _) = _lab.Join("b");
        var held = _lab.Take(a, "x", LockMode.Exclusive);
        host.Pause(60_000_000);
        var taken = _lab.Take(b, "x", LockMode.Exclusive);
        Assert.True(_lab.NowMs < 30_000);
        _lab.Pass(50_000);
        Assert.True(held.IsLost);
        Assert.Equal(Errno.ESTALE, held.WriteValue([1]).Error);
        Assert.Equal(Errno.None, held.Release());
        Assert.False(taken.IsLost);
        _lab.Until(() => a.Manager.Phase == SessionPhase.Live);
    }

    [Fact]
    public void Nodes_whose_times_differ_do_not_meet()
    {
        _ = _lab.Join("a");
        var (other, _) = _lab.Node("b", timing: new SessionTiming(2000, 10_000, 16_000));
        Assert.Equal(Errno.EINVAL, _lab.Wait(other.StartAsync()));
        Assert.Contains("dead_ms 15000; this node is set to 2000, 10000, 16000", other.Problem, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _lab.Node("c", timing: new SessionTiming(2000, 10_000, 11_000)));
    }

    [Fact]
    public void A_second_node_of_the_same_name_on_another_machine_is_refused_and_a_dead_one_is_followed()
    {
        var (a, host) = _lab.Node("a", bootId: "machine one");
        Assert.Equal(Errno.None, _lab.Wait(a.StartAsync()));
        var (twin, _) = _lab.Node("a", bootId: "machine two");
        Assert.Equal(Errno.EAGAIN, _lab.Wait(twin.StartAsync()));
        _lab.Until(() => twin.Problem is not null);
        Assert.Contains("another node calls itself a and is alive", twin.Problem, StringComparison.Ordinal);
        Assert.Equal(SessionPhase.Live, a.Phase);
        host.Kill();
        _lab.Until(() => twin.Phase == SessionPhase.Live);
    }

    [Fact]
    public void Declaring_a_node_dead_hands_its_locks_over_without_the_wait()
    {
        var (a, host) = _lab.Join("a");
        var (b, _) = _lab.Join("b");
        _ = _lab.Take(a, "x", LockMode.Exclusive);
        var waiting = LockLab.Ask(b, "x", new AcquireOptions(LockMode.Exclusive));
        _lab.Pass(100);
        host.Kill();
        Assert.Equal(Errno.EINVAL, _lab.Wait(b.Manager.DeclareDeadAsync("b")));
        Assert.Equal(Errno.ENOENT, _lab.Wait(b.Manager.DeclareDeadAsync("nobody")));
        Assert.Equal(Errno.None, _lab.Wait(b.Manager.DeclareDeadAsync("a")));
        _lab.Until(() => waiting[0] is not null, 1000);
        Assert.Equal(Errno.ENOENT, _lab.Wait(b.Manager.DeclareDeadAsync("a")));
        Assert.Equal(["b"], _lab.Wait(b.Manager.SessionsAsync()).Value.Select(s => s.Node));
    }

    [Fact]
    public void Breaking_a_lock_needs_force_while_its_holder_is_alive_and_tells_it()
    {
        var (a, _) = _lab.Join("a");
        var (b, _) = _lab.Join("b");
        var held = _lab.Take(a, "x", LockMode.Exclusive, pid: 77);
        var observer = new Observer();
        held.Observer = observer;
        var (d, x) = (LockName.Of("d"), LockName.Of("x"));
        Assert.Equal(Errno.ENOENT, _lab.Wait(b.Manager.BreakAsync(d, LockName.Of("nothing"), force: true)));
        Assert.Equal(Errno.EBUSY, _lab.Wait(b.Manager.BreakAsync(d, x, force: false)));
        var listing = Assert.Single(_lab.Wait(a.Manager.ListAsync(d)).Value);
        var user = Assert.Single(Assert.Single(listing.Parties).Users);
        Assert.Equal((77, false, LockMode.Exclusive), (user.OpenerPid, user.IsWaiting, user.Mode));
        Assert.Equal(Errno.None, _lab.Wait(b.Manager.BreakAsync(d, x, force: true)));
        _lab.Until(() => observer.Lost.Count == 1, 3000);
        Assert.True(held.IsLost);
        Assert.True(_lab.Take(b, "x", LockMode.Exclusive).Token > held.Token + 1);
    }

    [Fact]
    public void A_domain_with_kill_ends_its_users_before_the_locks_are_lost()
    {
        using var polite = Process.Start(new ProcessStartInfo("sleep", "300"))!;
        using var deaf = Process.Start(new ProcessStartInfo("sh", ["-c", "trap '' TERM; echo ready; read forever"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("ready", deaf.StandardOutput.ReadLine());
            using var actions = new ProcessLossActions(new LossOptions(), NullLog.Instance);
            var (a, host) = _lab.Join("a", new LockDomainOptions(Loss: LossPolicy.Kill), actions);
            var observer = new Observer();
            _lab.Take(a, "x", LockMode.Exclusive, polite.Id).Observer = observer;
            _ = _lab.Take(a, "y", LockMode.Shared, deaf.Id);
            var released = _lab.Take(a, "z", LockMode.Shared, Environment.ProcessId);
            _ = released.Release();
            host.CutOffUntilUs = long.MaxValue;
            _lab.Until(() => a.Manager.ValidMs < 2000);
            Assert.False(polite.HasExited && observer.Lost.Count > 0);
            _lab.Until(() => a.Manager.ValidMs < 400);
            // Both were told while the lock was still valid.
            Assert.Empty(observer.Lost);
            Assert.True(polite.WaitForExit(30_000));
            Assert.True(deaf.WaitForExit(30_000));
            Assert.Equal(128 + 15, polite.ExitCode);
            Assert.Equal(128 + 9, deaf.ExitCode);
        }
        finally
        {
            foreach (var child in new[] { polite, deaf })
            {
                if (!child.HasExited)
                    child.Kill(entireProcessTree: true);
            }
        }
    }

    [Fact]
    public void A_domain_with_signal_sends_it_once_and_not_to_a_process_that_took_the_number()
    {
        var actions = new RecordedActions();
        var (a, host) = _lab.Join("a", new LockDomainOptions(Loss: LossPolicy.Signal, LossSignal: 10), actions);
        _ = _lab.Take(a, "x", LockMode.Exclusive, 4711);
        _ = _lab.Take(a, "y", LockMode.Exclusive, 4711);
        host.CutOffUntilUs = long.MaxValue;
        _lab.Until(() => a.Manager.Phase == SessionPhase.Down);
        Assert.Equal(["4711/9 signal 10"], actions.Done);
        using var real = new ProcessLossActions(new LossOptions(), NullLog.Instance);
        var start = real.StartOf(Environment.ProcessId);
        Assert.NotEqual(0, start);
        // Would end this process if the start time were not looked at.
        real.Signal(Environment.ProcessId, start + 1, 9);
        Assert.Equal(0, real.StartOf(int.MaxValue));
    }

    [Fact]
    public void The_watchdog_is_refreshed_by_acknowledged_beats_only_and_disarmed_at_an_orderly_end()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["watchdog"];
        File.WriteAllBytes(path, []);
        using var actions = new ProcessLossActions(new LossOptions(path), NullLog.Instance);
        var (a, host) = _lab.Join("a", new LockDomainOptions(Loss: LossPolicy.Watchdog), actions);
        _lab.Pass(10_000);
        var beats = new FileInfo(path).Length;
        Assert.InRange(beats, 4, 6);
        host.CutOffUntilUs = _lab.World.NowUs + 6_000_000;
        _lab.Pass(5000);
        Assert.Equal(beats, new FileInfo(path).Length);
        _lab.Pass(10_000);
        Assert.True(new FileInfo(path).Length > beats);
        var ending = a.Manager.DisposeAsync().AsTask();
        _lab.Until(() => ending.IsCompleted);
        actions.Dispose();
        Assert.Equal((byte)'V', File.ReadAllBytes(path)[^1]);
    }

    [Fact]
    public void A_reset_is_done_only_for_a_lock_in_use_and_only_where_it_is_configured()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["sysrq"];
        File.WriteAllBytes(path, []);
        using var actions = new ProcessLossActions(new LossOptions(ResetPath: path), NullLog.Instance);
        var (a, host) = _lab.Join("a", new LockDomainOptions(Loss: LossPolicy.Reset), actions);
        var handle = _lab.Take(a, "x", LockMode.Exclusive);
        _ = handle.Release();
        host.CutOffUntilUs = _lab.World.NowUs + 20_000_000;
        _lab.Until(() => a.Manager.Phase == SessionPhase.Down);
        Assert.Empty(File.ReadAllBytes(path));
        _lab.Until(() => a.Manager.Phase == SessionPhase.Live);
        _ = _lab.Take(a, "x", LockMode.Exclusive);
        host.CutOffUntilUs = long.MaxValue;
        _lab.Until(() => a.Manager.Phase == SessionPhase.Down);
        Assert.Equal("b", File.ReadAllText(path));
    }

    [Fact]
    public void A_store_that_is_gone_answers_ENOTCONN_until_it_is_back()
    {
        var (a, host) = _lab.Join("a");
        host.CutOffUntilUs = _lab.World.NowUs + 30_000_000;
        _lab.Until(() => a.Manager.Phase == SessionPhase.Down);
        Assert.Equal(Errno.ENOTCONN, _lab.Wait(a.Manager.JoinAsync(LockName.Of("e"))).Error);
        Assert.Equal(Errno.ENOTCONN, _lab.Wait(a.Manager.ListAsync()).Error);
        Assert.Equal(Errno.ENOTCONN, _lab.Wait(a.Manager.BreakAsync(LockName.Of("d"), LockName.Of("x"), true)));
        Assert.NotNull(a.Manager.Problem);
        _lab.Until(() => a.Manager.Phase == SessionPhase.Live);
        _lab.Pass(3000);
        Assert.Null(a.Manager.Problem);
    }

    private sealed class Observer : ILockObserver
    {
        internal List<LockHandle> Lost { get; } = [];

        public void OnBlocking(LockHandle handle, LockMode wanted)
        {
        }

        public void OnLost(LockHandle handle) => Lost.Add(handle);
    }

    private sealed class RecordedActions : ILossActions
    {
        internal List<string> Done { get; } = [];

        public void Signal(int processId, long processStart, int signal) => Done.Add($"{processId}/{processStart} signal {signal}");

        public long StartOf(int processId) => 9;

        public void RefreshWatchdog() => Done.Add("refresh");

        public void DisarmWatchdog() => Done.Add("disarm");

        public IKillTimer? MakeKillTimer() => null;

        public void Reset() => Done.Add("reset");
    }
}

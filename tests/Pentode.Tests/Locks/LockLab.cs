using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Testing.Locks.Simulation;

namespace Pentode.Tests.Locks;

/// <summary>A few nodes in virtual time, moved by hand: what takes seconds in the world takes none here, and the times are exact.</summary>
internal sealed class LockLab
{
    internal LockLab(SessionTiming? timing = null)
    {
        Timing = timing ?? new SessionTiming();
        Store = new SimulatedStore(World);
    }

    internal SessionTiming Timing { get; }

    internal SimulatedWorld World { get; } = new(1);

    internal SimulatedStore Store { get; }

    internal long NowMs => World.NowUs / 1000;

    internal (LockManager Manager, SimulatedHost Host) Node(string name, ILossActions? actions = null, SessionTiming? timing = null, string? bootId = null)
    {
        var host = new SimulatedHost(World, 1, World.Between(0, 1000));
        var manager = new LockManager(
            new SimulatedStoreClient(Store, host),
            new LockManagerOptions("lab", name, timing ?? Timing, KillGraceMs: Timing.HoldMs / 5, BootId: bootId, RandomSeed: World.Random.Next()),
            host,
            NullLog.Instance,
            new MetricsRegistry(),
            actions ?? NoLossActions.Instance);
        return (manager, host);
    }

    internal (LockDomain Domain, SimulatedHost Host) Join(string name, LockDomainOptions? options = null, ILossActions? actions = null)
    {
        var (manager, host) = Node(name, actions);
        Assert.Equal(Errno.None, Wait(manager.StartAsync()));
        return (Wait(manager.JoinAsync(LockName.Of("d"), options)).Value, host);
    }

    internal LockHandle Take(LockDomain domain, string name, LockMode mode, int pid = 0)
    {
        Result<LockHandle>? answer = null;
        _ = domain.Acquire(LockName.Of(name), new AcquireOptions(mode, OpenerPid: pid), result => answer = result);
        Until(() => answer is not null);
        return answer!.Value.Value;
    }

    /// <summary>Asks; the answer appears in the array.</summary>
    internal static Result<LockHandle>?[] Ask(LockDomain domain, string name, AcquireOptions options)
    {
        var answer = new Result<LockHandle>?[1];
        _ = domain.Acquire(LockName.Of(name), options, result => answer[0] = result);
        return answer;
    }

    internal T Wait<T>(ValueTask<T> task)
    {
        var running = task.AsTask();
        Until(() => running.IsCompleted);
        return running.GetAwaiter().GetResult();
    }

    internal void Until(Func<bool> condition, long mostMs = 60_000)
    {
        var end = World.NowUs + (mostMs * 1000);
        World.Run(end, condition);
        Assert.True(condition(), $"did not happen in {mostMs} ms of virtual time");
    }

    internal void Pass(long milliseconds) => World.Run(World.NowUs + (milliseconds * 1000), () => false);
}

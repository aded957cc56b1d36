using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Sessions;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>One life of one node: a host, a manager on it and its users.</summary>
internal sealed class SimulatedNode
{
    private readonly List<ISimulatedUser> _users = [];

    internal SimulatedNode(SimulatedCluster cluster, string name, int users, int uses, int collectors = 0)
    {
        Cluster = cluster;
        Name = name;
        var world = cluster.World;
        Host = new SimulatedHost(world, 0.9 + (0.2 * world.Random.NextDouble()), world.Between(0, 1_000_000));
        Manager = new LockManager(
            new SimulatedStoreClient(cluster.Store, Host),
            new LockManagerOptions("simulation", name, SimulatedCluster.Timing, KillGraceMs: 100, ResendMs: 200, DeadlockAfterMs: 200, RandomSeed: world.Random.Next()) { OmitUpgradeRule = cluster.OmitsUpgradeRule },
            Host,
            cluster.Log,
            new MetricsRegistry(),
            NoLossActions.Instance);
        for (var i = 0; i < users; i++)
            _users.Add(new SimulatedUser(this, i + 1, uses));
        // Most of what collectors do ends in a circle, and circles over the same few locks are broken one after another.
        for (var i = 0; i < collectors; i++)
            _users.Add(new SimulatedCollector(this, 100 + i, Math.Max(2, uses / 3)));
    }

    internal SimulatedCluster Cluster { get; }

    internal string Name { get; }

    internal SimulatedHost Host { get; }

    internal LockManager Manager { get; }

    internal LockDomain? Domain { get; private set; }

    internal IReadOnlyList<ISimulatedUser> Users => _users;

    internal bool IsDone => _users.All(u => u.IsDone);

    internal void Start()
    {
        Host.On(Cluster.World.NowUs, () => _ = StartAsync());
        foreach (var user in _users)
            user.Start();
    }

    internal void Kill()
    {
        Host.Kill();
        foreach (var user in _users)
            user.OnKilled();
    }

    private async Task StartAsync()
    {
        var error = await Manager.StartAsync().ConfigureAwait(false);
        if (error is Errno.EINVAL or Errno.EEXIST or Errno.EACCES)
            Cluster.Fail($"{Name}: the session did not start: {error} {Manager.Problem}");
        while (Domain is null)
        {
            var joined = await Manager.JoinAsync(LockName.Of("d"), new LockDomainOptions(TryRecallMs: 20)).ConfigureAwait(false);
            if (joined.IsOk)
                Domain = joined.Value;
            else
                await Wait(50).ConfigureAwait(false);
        }
    }

    private Task Wait(long milliseconds)
    {
        var done = new TaskCompletionSource();
        _ = Host.Schedule(milliseconds, done.SetResult);
        return done.Task;
    }
}

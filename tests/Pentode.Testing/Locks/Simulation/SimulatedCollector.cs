using Pentode.Core;
using Pentode.Locks;
using Pentode.Locks.Deadlock;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>
/// A program that takes several locks one after another, in any order, without a limit, and gives all back at the end: what makes deadlocks. It counts as wrong
/// when it is refused for a deadlock that never was: the cluster, who sees everything, marks those it saw in a circle.
/// </summary>
internal sealed class SimulatedCollector(SimulatedNode node, int pid, int uses) : ISimulatedUser
{
    private const int Locks = 3;
    private const int LongestUseUs = 30_000;

    private readonly SimulatedHost _host = node.Host;
    private readonly SequentialOwner _owner = new();
    private readonly List<LockHandle> _held = [];
    private readonly Queue<string> _wanted = new();
    private int _left = uses;
    private LockRequest? _request;
    private long _askedUs;

    private SimulatedWorld World => _host.World;

    public bool IsDone { get; private set; }

    public long? WaitingSinceUs => _request is null ? null : _askedUs;

    public string Words => $"{node.Name}/{pid} {(_request is null ? "idle" : $"waits for {_request.Resource.Name} {_request.Options.Mode} since {_askedUs / 1000} ms")}, has {string.Join(",", _held.Select(h => h.Name))}";

    internal SimulatedNode Node => node;

    /// <summary>What it waits for now, or null.</summary>
    internal LockRequest? Request => _request;

    /// <summary>What it has that is not lost.</summary>
    internal IEnumerable<LockHandle> Held => _held.Where(static h => !h.IsLost);

    /// <summary>It was seen in a circle while it waited as it waits now.</summary>
    internal bool WasInCircle { get; set; }

    public void Start() => _host.On(World.NowUs + World.Between(0, 20_000), Next);

    public void OnKilled()
    {
        _request = null;
        _held.Clear();
        IsDone = true;
    }

    private void Next()
    {
        if (node.Domain is null)
        {
            _host.On(World.NowUs + 20_000, Next);
            return;
        }

        if (_left-- == 0)
        {
            IsDone = true;
            return;
        }

        foreach (var i in Enumerable.Range(0, Locks).OrderBy(_ => World.Random.Next()).Take((int)World.Between(2, Locks)))
            _wanted.Enqueue($"many{i}");
        Ask();
    }

    private void Ask()
    {
        if (!_wanted.TryDequeue(out var name))
        {
            GiveBack();
            return;
        }

        WasInCircle = false;
        _askedUs = World.NowUs;
        LockRequest? mine = null;
        mine = node.Domain!.Acquire(
            LockName.Of(name),
            new AcquireOptions(World.Chance(0.7) ? LockMode.Exclusive : LockMode.Shared, OpenerPid: pid, ExcludeLocally: true, Witness: _owner),
            result =>
            {
                _request = null;
                // The handle is the program's from this moment on, whenever it hears of it.
                if (result.IsOk)
                    _held.Add(result.Value);
                _host.On(World.NowUs, () => OnAnswer(result));
            });
        if (mine is null || IsDone)
            return;
        _request = mine;
        if (World.Chance(0.1))
        {
            _host.On(World.NowUs + World.Between(0, 1_500_000), () =>
            {
                if (_request == mine)
                    mine.Cancel();
            });
        }
    }

    private void OnAnswer(Result<LockHandle> result)
    {
        if (result.IsOk)
        {
            _host.On(World.NowUs + World.Between(0, LongestUseUs), Ask);
            return;
        }

        if (result.Error == Errno.EDEADLK)
        {
            node.Cluster.Deadlocks++;
            if (!WasInCircle)
                node.Cluster.Fail($"{node.Name}/{pid} was refused for a deadlock that never was");
        }
        else if (result.Error is not (Errno.EINTR or Errno.ESHUTDOWN))
        {
            node.Cluster.Fail($"{node.Name}/{pid}: a request ended with {result.Error}");
        }

        GiveBack();
    }

    private void GiveBack()
    {
        _wanted.Clear();
        foreach (var handle in _held)
            _ = handle.Release();
        _held.Clear();
        _host.On(World.NowUs + World.Between(0, 40_000), Next);
    }
}

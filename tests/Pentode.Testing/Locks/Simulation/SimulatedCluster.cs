using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>
/// A cluster of lock nodes in virtual time: the product's manager on a store, clocks, watches and machines that fail as the seed says, and users that keep
/// a history. After a while the faults end; then every request must end too.
/// </summary>
public sealed class SimulatedCluster
{
    /// <summary>Times of the nodes.</summary>
    public static readonly SessionTiming Timing = new(100, 500, 800);

    private const long FaultsEndUs = 4_000_000;
    private const long SessionsUs = 800_000;
    private const long HealUs = SessionsUs + 5_000_000;
    private const long FreeUs = 1_500_000;
    private const long LongestUs = 300_000_000;
    private const long SightUs = 20_000;

    // Two times DeadlockAfterMs until the last of a circle has been stated, four until the others have read of it, half of one for the proof: by clocks that may be a
    // tenth too slow, of records read again every ResendMs.
    private const long CircleUs = 1_700_000;

    // What a request may need to enter the queue when seven nodes change the record without pause.
    private const long OrderSlackNs = 1_500_000_000;

    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<string> _failures = [];
    private readonly CircleSight _sight;
    private long? _healedUs;

    private SimulatedCluster(int seed, bool omitUpgradeRule, ILog log)
    {
        Seed = seed;
        OmitsUpgradeRule = omitUpgradeRule;
        Log = log;
        World = new SimulatedWorld(seed);
        Store = new SimulatedStore(World);
        Locks = World.Random.Next(1, 4);
        _sight = new CircleSight(Store);
    }

    /// <summary>The seed.</summary>
    public int Seed { get; }

    /// <summary>The history of all users.</summary>
    public List<HistoryEntry> History { get; } = [];

    /// <summary>The world.</summary>
    public SimulatedWorld World { get; }

    /// <summary>Requests refused for deadlocks over several locks.</summary>
    public int Deadlocks { get; internal set; }

    internal SimulatedStore Store { get; }

    internal int Locks { get; }

    internal bool OmitsUpgradeRule { get; }

    internal ILog Log { get; }

    /// <summary>Runs a seed; what went wrong, or null.</summary>
    public static string? Run(int seed, out SimulatedCluster cluster, bool omitUpgradeRule = false, ILog? log = null)
    {
        cluster = new SimulatedCluster(seed, omitUpgradeRule, log ?? NullLog.Instance);
        try
        {
            return cluster.Run();
        }
        catch (Exception e)
        {
            return $"seed {seed}: {e}";
        }
    }

    internal void Fail(string words) => _failures.Add($"{World.NowUs / 1000} ms: {words}");

    private string? Run()
    {
        var faults = World.Random.Next(5) switch
        {
            0 => SimulatedFaults.None,
            1 => SimulatedFaults.Watches,
            _ => SimulatedFaults.Heavy,
        };
        Store.Faults = faults;
        var count = World.Chance(0.2) ? World.Random.Next(4, 8) : 3;
        for (var i = 0; i < count; i++)
        {
            // Order is promised between nodes, each of which queues with the first of its own: with one user each it can be looked for.
            _nodes.Add(new SimulatedNode(this, $"n{i}", users: faults == SimulatedFaults.None ? 1 : World.Random.Next(1, 4), uses: World.Random.Next(5, 15), collectors: World.Random.Next(3)));
            _nodes[i].Start();
        }

        LookForCircles();
        if (faults.MeanTimeToEventMs > 0)
            NextFault(faults);
        World.At(FaultsEndUs, () => Store.Faults = SimulatedFaults.None);
        World.Run(LongestUs, () =>
        {
            if (_failures.Count > 0)
                return true;
            if (World.NowUs < FaultsEndUs && faults != SimulatedFaults.None)
                return _nodes.All(n => n.IsDone);
            _healedUs ??= Math.Max(World.NowUs, _nodes.Max(n => Math.Max(n.Host.PausedUntilUs, n.Host.CutOffUntilUs)));
            CheckLiveness(_healedUs.Value);
            return _nodes.All(n => n.IsDone);
        });
        if (_failures.Count == 0 && _nodes.Any(n => !n.IsDone))
            Fail($"not everybody came to an end: {string.Join("; ", _nodes.SelectMany(n => n.Users).Where(u => !u.IsDone).Select(u => u.Words))}");
        if (_failures.Count > 0)
            return $"seed {Seed}: {string.Join("\n", _failures)}\n{Records()}";
        var report = HistoryChecker.Check(History, new HistoryRules(FairnessSlackNs: faults == SimulatedFaults.None ? OrderSlackNs : 0));
        return report.Violations.Count == 0 ? null : $"seed {Seed}: {report}";
    }

    // What the store holds, and what of it each node believes: for whoever looks into a failure.
    private string Records()
    {
        var keys = new KeyLayout("simulation");
        var lines = new List<string>();
        foreach (var entry in Store.Map.Entries)
        {
            if (!keys.TryParseRecord(entry.Key, out _, out var name) || !LockRecordCodec.TryDecode(entry.Value, out var record, out _))
                continue;
            lines.Add($"{name} at {entry.ModRevision}, generation {record.Generation}");
            lines.AddRange(record.Entries.Select(e =>
            {
                var node = _nodes.Find(n => n.Manager.SessionId == e.Session);
                return $"  {node?.Name ?? e.Session.ToString()}: {e.Granted} wants {e.Wanted} {e.Flags} place {e.Sequence} token {e.Token}"
                    + $" (session {(Store.Map.Get(keys.Session(e.Session)) is null ? "ended" : "there")}){Believes(node, name)}";
            }));
        }

        return string.Join("\n", lines);
    }

    private static string Believes(SimulatedNode? node, LockName name) =>
        node?.Domain is { } domain && domain.TryGet(name, out var resource)
            ? $"; has {resource.Level}, used by {string.Join(",", resource.Handles.Select(h => $"{h.Options.OpenerPid}:{h.Mode}"))}, waited for by {string.Join(",", resource.Waiters.Select(w => $"{w.Options.OpenerPid}:{w.Options.Mode}"))}"
            : string.Empty;

    // Those who take one lock at a time wait only for those before them, and each of these uses it for a moment. A collector may wait for many circles, one after
    // another, before its turn comes: of it is asked that each of them ends in time, and that it goes on as soon as nobody is in its way.
    private void CheckLiveness(long healedUs)
    {
        var waiting = _nodes.SelectMany(n => n.Users).Where(u => u is SimulatedUser && u.WaitingSinceUs is { } since && World.NowUs > Math.Max(since, healedUs) + HealUs).ToArray();
        if (waiting.Length > 0)
            Fail($"waits do not end: {string.Join("; ", waiting.Select(u => u.Words))}");
    }

    private void LookForCircles() => World.After(SightUs, () =>
    {
        var healedUs = _healedUs is { } us ? us + SessionsUs : long.MaxValue / 2;
        if (_sight.Look([.. _nodes.SelectMany(static n => n.Users).OfType<SimulatedCollector>()], World.NowUs, healedUs, CircleUs, FreeUs) is { } words)
            Fail(words);
        LookForCircles();
    });

    private void NextFault(SimulatedFaults faults) => World.After(World.Between(0, 2L * faults.MeanTimeToEventMs * 1000), () =>
    {
        if (World.NowUs >= FaultsEndUs)
            return;
        var node = _nodes[World.Random.Next(_nodes.Count)];
        switch (World.Random.Next(10))
        {
            case < 4:
                node.Host.Pause(World.Between(100_000, 2_400_000));
                break;
            case < 6:
                node.Host.CutOffUntilUs = World.NowUs + World.Between(100_000, 2_000_000);
                break;
            case < 8:
                Store.OutageUntilUs = World.NowUs + World.Between(20_000, 600_000);
                break;
            default:
                Restart(node);
                break;
        }

        NextFault(faults);
    });

    private void Restart(SimulatedNode node)
    {
        if (!node.Host.IsAlive)
            return;
        node.Kill();
        var next = new SimulatedNode(this, node.Name, users: World.Random.Next(1, 4), uses: World.Random.Next(3, 10), collectors: World.Random.Next(3));
        _nodes[_nodes.IndexOf(node)] = next;
        World.After(World.Between(0, World.Chance(0.5) ? 1000 : 1_500_000), next.Start);
    }
}

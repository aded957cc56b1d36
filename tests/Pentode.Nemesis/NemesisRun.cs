using System.Globalization;
using System.Text;
using Pentode.Linux;
using Pentode.Testing.Locks;
using Pentode.Testing.Processes;

namespace Pentode.Nemesis;

/// <summary>One run: starts the lab, lets the workers work while faults come and go, heals everything, checks the history, reports.</summary>
internal sealed class NemesisRun(NemesisOptions options)
{
    private readonly Random _random = new(options.Seed);
    private readonly List<(string Name, long StartNs, long EndNs)> _faults = [];
    private readonly List<(string Node, long AtNs)> _kills = [];
    private readonly StringBuilder _report = new();
    private Lab _lab = null!;

    /// <summary>Names of all faults.</summary>
    public static IReadOnlyList<string> AllFaults { get; } =
    [
        "node-pause", "node-kill", "leader-pause", "leader-kill", "leader-disk-freeze", "node-partition", "node-mute", "node-deaf", "leader-peer-partition",
        "leader-mute", "loss", "slow", "compaction", "nospace", "cpu-starvation",
    ];

    /// <summary>Runs; 0 when the history is without fault.</summary>
    public async Task<int> RunAsync()
    {
        using var histories = options.Keep.Length > 0 ? null : new TemporaryDirectory();
        var keep = histories?.Path ?? Directory.CreateDirectory(options.Keep).FullName;
        using (_lab = new Lab(Path.Combine(AppContext.BaseDirectory, "locks", "namespaces"), keep, options.Nodes))
        {
            _lab.StartMembers();
            foreach (var node in _lab.Nodes)
                StartNode(node, keep);
            var start = Now();
            await Task.Delay(3000);
            await InjectAsync(start + (options.Seconds * 1_000_000_000L), keep);
            _lab.Script("heal");

            // Every wait that is under way has to end by itself before the workers are asked to.
            await Task.Delay(WorkerNode.Timing.DeadMs + 3000);
            foreach (var node in _lab.Nodes)
                _lab.Signal(_lab.Node(node), "-TERM");
            foreach (var node in _lab.Nodes)
            {
                if (!_lab.Node(node).WaitForExit(150_000))
                    Say($"**{node} did not end**: a request still waits");
            }

            Say($"# Nemesis: {options.Locks} locks, seed {options.Seed}");
            Say("");
            Say($"{(Now() - start) / 1_000_000_000} s, {options.Nodes} node processes, 3 etcd members, heartbeat {WorkerNode.Timing.HeartbeatMs} ms, hold {WorkerNode.Timing.HoldMs} ms, dead {WorkerNode.Timing.DeadMs} ms.");
        }

        var status = Check(keep);
        if (options.Report.Length > 0)
            await File.WriteAllTextAsync(options.Report, _report.ToString());
        return status;
    }

    private static long Now() => ClockCalls.BootTimeNanoseconds();

    private void StartNode(string node, string keep) =>
        _lab.StartNode(node, options.Locks, Path.Combine(keep, node + ".history"), _random.Next(), options.LongHoldMs);

    private string AnyNode() => _lab.Nodes[_random.Next(_lab.Nodes.Count)];

    private async Task InjectAsync(long end, string keep)
    {
        // Every kind once in a shuffled order, then the next round.
        var order = new Queue<string>();
        while (Now() < end)
        {
            if (order.Count == 0)
            {
                foreach (var fault in options.Faults.OrderBy(_ => _random.Next()))
                    order.Enqueue(fault);
            }

            var name = order.Dequeue();
            var start = Now();
            Console.WriteLine($"{(end - start) / 1_000_000_000,5} s left: {name}");
            try
            {
                await FaultAsync(name, keep);
            }
            catch (Exception e) when (e is Xunit.Sdk.XunitException or InvalidOperationException)
            {
                Console.WriteLine($"{name}: {e.Message}");
            }

            _faults.Add((name, start, Now()));
            await Task.Delay(_random.Next(3000, 7000));
        }
    }

    private async Task FaultAsync(string name, string keep)
    {
        var dead = WorkerNode.Timing.DeadMs;
        var node = AnyNode();
        var leader = name.StartsWith("leader", StringComparison.Ordinal) || name is "slow" ? _lab.Leader() : 0;
        if (leader == 0 && name.StartsWith("leader", StringComparison.Ordinal))
            return;
        switch (name)
        {
            case "node-pause":
                _lab.Signal(_lab.Node(node), "-STOP");
                await Task.Delay((int)(dead * (0.3 + (_random.NextDouble() * 2))));
                _lab.Signal(_lab.Node(node), "-CONT");
                break;
            case "node-kill":
                _kills.Add((node, Now()));
                _lab.Node(node).Kill();
                await _lab.Node(node).WaitForExitAsync();
                if (_random.Next(2) == 0)
                    await Task.Delay(dead + 2000);
                StartNode(node, keep);
                await Task.Delay(2000);
                break;
            case "leader-pause":
                _lab.SignalMember(leader, "-STOP");
                await Task.Delay(_random.Next(2000, 8000));
                _lab.SignalMember(leader, "-CONT");
                break;
            case "leader-kill":
                _lab.KillMember(leader);
                await Task.Delay(_random.Next(500, 4000));
                _lab.StartMember(leader);
                await Task.Delay(2000);
                break;
            case "leader-disk-freeze":
                _lab.Freeze(leader);
                await Task.Delay(_random.Next(11000, 16000));
                _lab.Thaw(leader);
                break;
            case "node-partition":
                for (var i = 1; i <= Lab.Members; i++)
                    _lab.Script("cut", node, Lab.Name(i));
                await Task.Delay((int)(dead * (0.3 + (_random.NextDouble() * 1.5))));
                _lab.Script("heal");
                break;
            case "node-mute":
                for (var i = 1; i <= Lab.Members; i++)
                    _lab.Script("mute", node, Lab.Name(i));
                await Task.Delay((int)(dead * (0.3 + (_random.NextDouble() * 1.5))));
                _lab.Script("heal");
                break;
            case "node-deaf":
                for (var i = 1; i <= Lab.Members; i++)
                    _lab.Script("mute", Lab.Name(i), node);
                await Task.Delay((int)(dead * (0.3 + (_random.NextDouble() * 1.5))));
                _lab.Script("heal");
                break;
            case "leader-peer-partition":
                for (var i = 1; i <= Lab.Members; i++)
                {
                    if (i != leader)
                        _lab.Script("cut", Lab.Name(leader), Lab.Name(i));
                }

                await Task.Delay(_random.Next(4000, 9000));
                _lab.Script("heal");
                break;
            case "leader-mute":
                for (var i = 1; i <= Lab.Members; i++)
                {
                    if (i != leader)
                        _lab.Script("mute", Lab.Name(leader), Lab.Name(i));
                }

                await Task.Delay(_random.Next(4000, 9000));
                _lab.Script("heal");
                break;
            case "loss":
                foreach (var space in _lab.Nodes.Concat(Enumerable.Range(1, Lab.Members).Select(Lab.Name)))
                    _lab.Script("loss", space, "20");
                await Task.Delay(_random.Next(5000, 9000));
                _lab.Script("heal");
                break;
            case "slow":
                foreach (var space in _lab.Nodes)
                    _lab.Script("slow", space, "256");
                await Task.Delay(_random.Next(4000, 8000));
                _lab.Script("heal");
                break;
            case "compaction":
                for (var i = 0; i < 6; i++)
                {
                    _lab.Shell(10, $"r=$(etcdctl --endpoints={_lab.Endpoints} endpoint status -w fields | sed -n 's/^\"Revision\" : //p' | sort -n | tail -1); etcdctl --endpoints={_lab.Endpoints} compact $r");
                    await Task.Delay(1000);
                }

                break;
            case "nospace":
                _lab.Shell(20, $"head -c 1400000 /dev/zero | tr '\\0' x >{_lab.Scratch}/junk; for i in $(seq 110); do etcdctl --endpoints={_lab.Endpoints} put junk$i <{_lab.Scratch}/junk >/dev/null 2>&1 || break; done");
                await Task.Delay(_random.Next(1000, 3000));
                _lab.Shell(30, $"etcdctl --endpoints={_lab.Endpoints} del --prefix junk; r=$(etcdctl --endpoints={_lab.Endpoints} endpoint status -w fields | sed -n 's/^\"Revision\" : //p' | sort -n | tail -1); etcdctl --endpoints={_lab.Endpoints} compact $r; etcdctl --endpoints={_lab.Endpoints} defrag; etcdctl --endpoints={_lab.Endpoints} alarm disarm");
                break;
            case "cpu-starvation":
                for (var i = 0; i < 25; i++)
                {
                    _lab.Signal(_lab.Node(node), "-STOP");
                    await Task.Delay(_random.Next(50, 250));
                    _lab.Signal(_lab.Node(node), "-CONT");
                    await Task.Delay(_random.Next(10, 60));
                }

                break;
            default:
                throw new InvalidOperationException($"no such fault: {name}");
        }
    }

    private int Check(string keep)
    {
        var entries = _lab.Nodes.SelectMany(n => HistoryFile.Read(Path.Combine(keep, n + ".history")).Select(e => Settle(n, e))).ToList();
        var report = HistoryChecker.Check(entries);
        var bound = (WorkerNode.Timing.DeadMs + 5000) * 1_000_000L;
        var late = entries.Select(e => (Entry: e, Quiet: LongestQuiet(e.AskedNs, e.GrantedNs))).Where(w => w.Quiet > bound && w.Entry.Lock != "long").ToList();
        var lateLoss = entries.Count(e => e.Outcome == HistoryOutcome.Lost && e.SignalledNs > 0 && e.SignalledNs - e.EndedNs > 0 && !Paused(e) && e.SignalledNs - e.EndedNs > 100_000_000);
        Say("");
        Say("| faults | times |");
        Say("|---|---|");
        foreach (var group in _faults.GroupBy(f => f.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
            Say($"| {group.Key} | {group.Count()} |");
        Say("");
        Say(report.ToString());
        Say($"- takeovers after a lost or killed use: {Takeovers(entries)}");
        Say($"- waits longer than dead_ms + 5 s without a fault: {late.Count}");
        Say($"- losses told later than 100 ms after the end (no pause of the process): {lateLoss}");
        foreach (var (entry, quiet) in late.Take(10))
            Say($"  - {entry.Node} {entry.Lock} asked {entry.AskedNs} waited {(entry.GrantedNs - entry.AskedNs) / 1_000_000} ms, {quiet / 1_000_000} ms of it without a fault, {entry.Outcome}");
        foreach (var node in _lab.Nodes)
        {
            var log = Path.Combine(keep, node + ".log");
            foreach (var line in File.ReadLines(log).Where(l => l.StartsWith("counts ", StringComparison.Ordinal)))
                Say($"- {node} {line}");
        }

        return report.IsOk && late.Count == 0 ? 0 : 1;
    }

    private bool Paused(HistoryEntry entry) =>
        _faults.Any(f => f.Name is "node-pause" or "cpu-starvation" && entry.SignalledNs > f.StartNs && entry.EndedNs < f.EndNs + 500_000_000);

    /// <summary>A use whose process was killed ended with it at the latest.</summary>
    private HistoryEntry Settle(string node, HistoryEntry entry)
    {
        if (entry.Outcome != HistoryOutcome.Killed)
            return entry;
        var kill = _kills.Where(k => k.Node == node && k.AtNs >= entry.GrantedNs).Select(k => k.AtNs).DefaultIfEmpty(entry.GrantedNs).Min();
        return entry with { EndedNs = kill };
    }

    /// <summary>The longest time within a wait in which no fault was active nor had just ended.</summary>
    private long LongestQuiet(long from, long to)
    {
        var longest = 0L;
        var at = from;
        foreach (var (_, start, end) in _faults.Where(f => f.EndNs > from && f.StartNs < to).OrderBy(f => f.StartNs))
        {
            longest = Math.Max(longest, start - at);
            at = Math.Max(at, end);
        }

        return Math.Max(longest, to - at);
    }

    private static string Takeovers(List<HistoryEntry> entries)
    {
        var times = new List<double>();
        foreach (var group in entries.Where(e => e.Outcome != HistoryOutcome.Refused).GroupBy(e => e.Lock))
        {
            var ordered = group.OrderBy(e => e.GrantedNs).ToList();
            foreach (var broken in ordered.Where(e => e.Exclusive && e.Outcome is HistoryOutcome.Lost or HistoryOutcome.Killed))
            {
                if (ordered.FirstOrDefault(e => e.GrantedNs > broken.EndedNs && e.Session != broken.Session) is { } next)
                    times.Add((next.GrantedNs - broken.EndedNs) / 1e9);
            }
        }

        times.Sort();
        return times.Count == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{times.Count}, median {times[times.Count / 2]:F1} s, longest {times[^1]:F1} s");
    }

    private void Say(string line)
    {
        Console.WriteLine(line);
        _report.AppendLine(line);
    }
}

using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Stores;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>
/// Sees all of a cluster at one moment, as no node can: marks the programs that wait for one another in a circle, and remembers since when each wait has
/// been kept up by whom. Knows nothing of the search that is tested.
/// </summary>
internal sealed class CircleSight(SimulatedStore store)
{
    private static readonly KeyLayout s_keys = new("simulation");
    private static readonly LockName s_domain = LockName.Of("d");

    private Dictionary<(LockRequest Wait, SimulatedCollector Other), long> _sinceUs = [];
    private Dictionary<LockRequest, long> _freeSinceUs = [];
    private Dictionary<LockName, LockRecord> _records = [];

    /// <summary>Looks, and says what has lasted too long: a circle for longer than one bound, a wait with nobody in its way for longer than another; else null.</summary>
    internal string? Look(IReadOnlyList<SimulatedCollector> programs, long nowUs, long healedUs, long circleUs, long freeUs)
    {
        var waiting = programs.Where(static p => p.Request is not null).ToArray();
        var sinceUs = new Dictionary<(LockRequest Wait, SimulatedCollector Other), long>();
        var freeSinceUs = new Dictionary<LockRequest, long>();
        var edges = new Dictionary<SimulatedCollector, SimulatedCollector[]>();
        _records = waiting.Select(static p => p.Request!.Resource.Name).Distinct().Select(name => (name, Record: Read(name))).Where(static r => r.Record is not null).ToDictionary(static r => r.name, static r => r.Record!);
        foreach (var program in waiting)
        {
            var inTheWay = programs.Where(other => IsInTheWay(program, other)).ToArray();
            edges[program] = [.. inTheWay.Where(static other => other.Request is not null)];
            foreach (var other in edges[program])
                sinceUs[(program.Request!, other)] = _sinceUs.GetValueOrDefault((program.Request!, other), nowUs);
            if (inTheWay.Length == 0)
                freeSinceUs[program.Request!] = _freeSinceUs.GetValueOrDefault(program.Request!, nowUs);
        }

        (_sinceUs, _freeSinceUs) = (sinceUs, freeSinceUs);
        foreach (var program in waiting)
            program.WasInCircle |= Reaches(program, program, edges, []);
        // A circle is as old as the youngest of its waits.
        var old = edges.ToDictionary(static e => e.Key, e => e.Value.Where(other => nowUs > Math.Max(sinceUs[(e.Key.Request!, other)], healedUs) + circleUs).ToArray());
        if (waiting.Where(p => Reaches(p, p, old, [])).ToArray() is { Length: > 0 } circle)
            return $"a circle stays: {string.Join("; ", circle.Select(static p => p.Words))}";
        var free = waiting.Where(p => freeSinceUs.TryGetValue(p.Request!, out var since) && nowUs > Math.Max(since, healedUs) + freeUs).ToArray();
        return free.Length > 0 ? $"waits with nobody in the way: {string.Join("; ", free.Select(static p => p.Words))}" : null;
    }

    private static bool Reaches(SimulatedCollector from, SimulatedCollector to, Dictionary<SimulatedCollector, SimulatedCollector[]> edges, HashSet<SimulatedCollector> met) =>
        edges[from].Any(next => next == to || (met.Add(next) && Reaches(next, to, edges, met)));

    private LockRecord? Read(LockName name) =>
        store.Map.Get(s_keys.Record(s_domain, name)) is { } entry && LockRecordCodec.TryDecode(entry.Value, out var record, out _) ? record : null;

    private bool IsInTheWay(SimulatedCollector waits, SimulatedCollector other)
    {
        var (name, mode) = (waits.Request!.Resource.Name, waits.Request.Options.Mode);
        if (other != waits && other.Held.Any(h => h.Name == name && !LockModes.AreCompatible(h.Mode, mode)))
            return true;
        if (other == waits || other.Request is not { } request || request.Resource.Name != name)
            return false;
        if (other.Node == waits.Node)
            return request.Id < waits.Request.Id;
        return _records.TryGetValue(name, out var record)
            && waits.Node.Manager.SessionId is { } mine && other.Node.Manager.SessionId is { } theirs
            && record.TryGet(mine, out var later)
            && record.TryGet(theirs, out var earlier) && earlier.IsWaiting
            && (later.IsWaiting
                ? earlier.Sequence < later.Sequence
                : later.Granted >= mode && record.TryGetHead(out var head) && head.Session == theirs && record.BlockedBy(mine) != LockMode.Null);
    }
}

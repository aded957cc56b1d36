using Pentode.Locks;
using Pentode.Locks.Record;
using Pentode.Locks.Stores;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>
/// Sees all of a cluster at one moment, as no node can, and marks the programs that wait for one another in a circle. Knows nothing of the search
/// that is tested.
/// </summary>
internal static class CircleSight
{
    private static readonly KeyLayout s_keys = new("simulation");
    private static readonly LockName s_domain = LockName.Of("d");

    internal static void Mark(IReadOnlyList<SimulatedCollector> programs, SimulatedStore store)
    {
        var waiting = programs.Where(static p => p.Request is not null).ToArray();
        if (waiting.Length == 0)
            return;
        var edges = waiting.ToDictionary(static p => p, p => waiting.Where(other => IsInTheWay(p, other, store)).ToArray());
        foreach (var program in waiting)
            program.WasInCircle |= Reaches(program, program, edges, []);
    }

    private static bool Reaches(SimulatedCollector from, SimulatedCollector to, Dictionary<SimulatedCollector, SimulatedCollector[]> edges, HashSet<SimulatedCollector> met) =>
        edges[from].Any(next => next == to || (met.Add(next) && Reaches(next, to, edges, met)));

    private static bool IsInTheWay(SimulatedCollector waits, SimulatedCollector other, SimulatedStore store)
    {
        var (name, mode) = (waits.Request!.Resource.Name, waits.Request.Options.Mode);
        if (other != waits && other.Held.Any(h => h.Name == name && !LockModes.AreCompatible(h.Mode, mode)))
            return true;
        if (other == waits || other.Request!.Resource.Name != name)
            return false;
        if (other.Node == waits.Node)
            return other.WaitingSinceUs <= waits.WaitingSinceUs;
        return store.Map.Get(s_keys.Record(s_domain, name)) is { } entry
            && LockRecordCodec.TryDecode(entry.Value, out var record, out _)
            && waits.Node.Manager.SessionId is { } mine && other.Node.Manager.SessionId is { } theirs
            && record.TryGet(mine, out var later)
            && record.TryGet(theirs, out var earlier) && earlier.IsWaiting
            && (later.IsWaiting
                ? earlier.Sequence < later.Sequence
                : later.Granted >= mode && record.TryGetHead(out var head) && head.Session == theirs && record.BlockedBy(mine) != LockMode.Null);
    }
}

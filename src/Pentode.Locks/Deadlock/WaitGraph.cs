using Pentode.Locks.Record;

namespace Pentode.Locks.Deadlock;

/// <summary>
/// Who waits for whom, out of what the nodes state. A wait ends only when every wait it points to has ended, whatever those do who are not in the
/// graph: so all waits of a circle last for ever, and one of them has to be refused. Pure.
/// </summary>
internal sealed class WaitGraph
{
    private readonly Dictionary<WaitKey, WaitEntry> _waits = [];
    private readonly Dictionary<WaitKey, List<WaitEdge>> _edges = [];

    /// <summary>The graph of a set of statements.</summary>
    internal WaitGraph(IReadOnlyDictionary<SessionId, WaitStatement> statements)
    {
        var byRequest = new Dictionary<(SessionId Session, LockName Domain, LockName Name, ulong Request), WaitKey>();
        var byPin = new Dictionary<(LockName Domain, LockName Name), List<(WaitKey Key, LockPin Pin)>>();
        foreach (var (session, statement) in statements)
        {
            foreach (var wait in statement.Waits)
            {
                var key = new WaitKey(session, wait.Id);
                _waits[key] = wait;
                if (wait.Request != 0)
                    byRequest[(session, wait.Domain, wait.Name, wait.Request)] = key;
                foreach (var pin in wait.Pins)
                {
                    if (!byPin.TryGetValue((pin.Domain, pin.Name), out var list))
                        byPin.Add((pin.Domain, pin.Name), list = []);
                    list.Add((key, pin));
                }
            }
        }

        foreach (var (key, wait) in _waits)
        {
            var edges = new List<WaitEdge>();
            foreach (var (holder, pin) in byPin.GetValueOrDefault((wait.Domain, wait.Name)) ?? [])
            {
                // One may stand in his own way, where even the users of one node exclude one another.
                var isInTheWay = holder.Session != key.Session || wait.ExcludesLocally || pin.ExcludesLocally;
                if (isInTheWay && !LockModes.AreCompatible(pin.Mode, wait.Mode))
                    edges.Add(new WaitEdge(key, holder, IsOrder: false));
            }

            foreach (var ahead in wait.Ahead)
            {
                if (byRequest.TryGetValue((ahead.Session, wait.Domain, wait.Name, ahead.Id), out var before) && before != key)
                    edges.Add(new WaitEdge(key, before, IsOrder: true));
            }

            foreach (var id in wait.Behind)
            {
                var before = new WaitKey(key.Session, id);
                if (before != key && _waits.ContainsKey(before))
                    edges.Add(new WaitEdge(key, before, IsOrder: false));
            }

            _edges[key] = edges;
        }
    }

    /// <summary>The waits.</summary>
    internal IReadOnlyDictionary<WaitKey, WaitEntry> Waits => _waits;

    /// <summary>
    /// For every knot of waits that are on circles with one another, the one to be refused: the youngest of those that have something to give back.
    /// </summary>
    internal IReadOnlyList<WaitKey> Victims() =>
    [
        .. Knots().Select(k => k.Where(w => _waits[w].Pins.Count > 0).ToArray()).Where(static k => k.Length > 0)
            .Select(k => k.MaxBy(w => (_waits[w].QueuedAt, w.Session.NodeHash, w.Session.Life, w.Id))),
    ];

    /// <summary>Sets of waits each of which waits, in the end, for every one of its set, itself included.</summary>
    internal IReadOnlyList<IReadOnlyList<WaitKey>> Knots()
    {
        // Tarjan's strongly connected components, with the recursion on a stack of its own.
        var knots = new List<IReadOnlyList<WaitKey>>();
        var index = new Dictionary<WaitKey, int>();
        var low = new Dictionary<WaitKey, int>();
        var open = new Stack<WaitKey>();
        var isOpen = new HashSet<WaitKey>();
        var path = new Stack<(WaitKey Key, int Next)>();
        foreach (var root in _waits.Keys)
        {
            if (index.ContainsKey(root))
                continue;
            path.Push((root, 0));
            while (path.TryPop(out var step))
            {
                var (key, next) = step;
                if (next == 0)
                {
                    index[key] = low[key] = index.Count;
                    open.Push(key);
                    isOpen.Add(key);
                }

                var edges = _edges[key];
                if (next > 0)
                    low[key] = Math.Min(low[key], low[edges[next - 1].To]);
                while (next < edges.Count && index.TryGetValue(edges[next].To, out var met))
                {
                    if (isOpen.Contains(edges[next].To))
                        low[key] = Math.Min(low[key], met);
                    next++;
                }

                if (next < edges.Count)
                {
                    path.Push((key, next + 1));
                    path.Push((edges[next].To, 0));
                }
                else if (low[key] == index[key])
                {
                    Close(key, open, isOpen, knots);
                }
            }
        }

        return knots;
    }

    /// <summary>The shortest circle through a wait, beginning with its own edge; null when it is on none.</summary>
    internal IReadOnlyList<WaitEdge>? CircleThrough(WaitKey start)
    {
        var cameBy = new Dictionary<WaitKey, WaitEdge>();
        var queue = new Queue<WaitKey>([start]);
        while (queue.TryDequeue(out var key))
        {
            foreach (var edge in _edges.GetValueOrDefault(key) ?? [])
            {
                if (edge.To != start)
                {
                    if (cameBy.TryAdd(edge.To, edge))
                        queue.Enqueue(edge.To);
                    continue;
                }

                var circle = new List<WaitEdge> { edge };
                while (circle[^1].From != start)
                    circle.Add(cameBy[circle[^1].From]);
                circle.Reverse();
                return circle;
            }
        }

        return null;
    }

    private void Close(WaitKey key, Stack<WaitKey> open, HashSet<WaitKey> isOpen, List<IReadOnlyList<WaitKey>> knots)
    {
        var knot = new List<WaitKey>();
        while (knot.Count == 0 || knot[^1] != key)
        {
            knot.Add(open.Pop());
            isOpen.Remove(knot[^1]);
        }

        if (knot.Count > 1 || _edges[key].Any(e => e.To == key))
            knots.Add(knot);
    }
}

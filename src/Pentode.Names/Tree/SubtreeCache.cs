namespace Pentode.Names.Tree;

/// <summary>Objects known to lie below the root of a view, until anything is moved. Bounded; thread safe.</summary>
internal sealed class SubtreeCache
{
    private const int Capacity = 8192;

    private readonly Lock _gate = new();
    private readonly HashSet<long> _known = [];
    private long _moves;

    public bool Contains(long number, long moves)
    {
        lock (_gate)
            return moves == _moves && _known.Contains(number);
    }

    public void Add(long number, long moves)
    {
        lock (_gate)
        {
            if (moves != _moves || _known.Count == Capacity)
                _known.Clear();
            _moves = moves;
            _known.Add(number);
        }
    }
}

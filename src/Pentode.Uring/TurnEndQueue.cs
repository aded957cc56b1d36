namespace Pentode.Uring;

/// <summary>
/// The items of one turn end, each once however often it was added. What is added while a turn end runs belongs to the next turn, so an
/// item that adds itself cannot hold the loop. Not thread safe.
/// </summary>
internal sealed class TurnEndQueue
{
    // Few connections are active in one turn, and comparing a few references is cheaper than hashing one.
    private const int ScanLimit = 16;

    private readonly HashSet<ITurnEnd> _known = new(ReferenceEqualityComparer.Instance);
    private List<ITurnEnd> _next = [];
    private List<ITurnEnd> _taken = [];

    /// <summary>Items that wait.</summary>
    public int Count => _next.Count;

    /// <summary>Adds an item unless it waits already.</summary>
    public void Add(ITurnEnd item)
    {
        if (_next.Count < ScanLimit)
        {
            foreach (var waiting in _next)
            {
                if (ReferenceEquals(waiting, item))
                    return;
            }
        }
        else
        {
            if (_known.Count == 0)
                _known.UnionWith(_next);
            if (!_known.Add(item))
                return;
        }

        _next.Add(item);
    }

    /// <summary>Takes what waits; the list is valid until the next call.</summary>
    public List<ITurnEnd> Take()
    {
        _taken.Clear();
        (_next, _taken) = (_taken, _next);
        if (_known.Count > 0)
            _known.Clear();
        return _taken;
    }
}

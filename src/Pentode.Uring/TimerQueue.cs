namespace Pentode.Uring;

/// <summary>
/// Deadlines of one loop, in order; equal deadlines in the order they were added. Removing is lazy: the heap is rebuilt when more than
/// half of it is dead, so it never holds more than twice what is live (plus a constant). Not thread safe.
/// </summary>
internal sealed class TimerQueue
{
    private const int KeepDead = 64;

    private readonly PriorityQueue<(IoCompletion Completion, long Number), (long Deadline, long Number)> _heap = new();
    private readonly Dictionary<IoCompletion, long> _live = [];
    private readonly List<((IoCompletion Completion, long Number) Element, (long Deadline, long Number) Priority)> _rebuild = [];
    private long _lastNumber;

    /// <summary>Deadlines not yet taken or removed.</summary>
    public int Count => _live.Count;

    /// <summary>The earliest deadline, long.MaxValue if none.</summary>
    public long NextDeadline
    {
        get
        {
            DropDead();
            return _heap.TryPeek(out _, out var priority) ? priority.Deadline : long.MaxValue;
        }
    }

    /// <summary>Adds a deadline; the completion must not be in the queue.</summary>
    public void Add(long deadlineMs, IoCompletion c)
    {
        _live.Add(c, ++_lastNumber);
        _heap.Enqueue((c, _lastNumber), (deadlineMs, _lastNumber));
    }

    /// <summary>Takes a completion out; false when it was not there.</summary>
    public bool Remove(IoCompletion c)
    {
        if (!_live.Remove(c))
            return false;
        if (_heap.Count > KeepDead && _heap.Count > 2 * _live.Count)
            Rebuild();
        return true;
    }

    /// <summary>Takes the earliest completion whose deadline has come.</summary>
    public bool TryTakeDue(long nowMs, out IoCompletion c)
    {
        if (NextDeadline > nowMs || _heap.Count == 0)
        {
            c = null!;
            return false;
        }

        c = _heap.Dequeue().Completion;
        _live.Remove(c);
        return true;
    }

    private void DropDead()
    {
        while (_heap.TryPeek(out var element, out _) && !IsLive(element))
            _heap.Dequeue();
    }

    private bool IsLive((IoCompletion Completion, long Number) element) =>
        _live.TryGetValue(element.Completion, out var number) && number == element.Number;

    private void Rebuild()
    {
        foreach (var item in _heap.UnorderedItems)
        {
            if (IsLive(item.Element))
                _rebuild.Add(item);
        }

        _heap.Clear();
        _heap.EnqueueRange(_rebuild);
        _rebuild.Clear();
    }
}

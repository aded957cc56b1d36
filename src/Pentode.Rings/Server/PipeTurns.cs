namespace Pentode.Rings.Server;

/// <summary>
/// Who reads and who writes a pipe now, and who is next. Who takes part in a pipe may hold its lock for as long as that likes, so that only threads of
/// the kernel touch it; and since those keep no order, one operation after another in each direction.
/// </summary>
/// <param name="stillWaits">True for a task, of that use of its slot, that was not ended meanwhile.</param>
internal sealed class PipeTurns<T>(Func<T, uint, bool> stillWaits) where T : class
{
    private const int LeastSweep = 64;

    private readonly Queue<(T Task, uint Generation)>?[] _waiting = new Queue<(T, uint)>?[2];
    private readonly int[] _sweepAt = [LeastSweep, LeastSweep];
    private readonly bool[] _isBusy = new bool[2];

    /// <summary>True when it is the task's turn; otherwise it waits for <see cref="Leave"/>.</summary>
    public bool TryEnter(T task, uint generation, bool isWrite)
    {
        var way = isWrite ? 1 : 0;
        if (!_isBusy[way])
            return _isBusy[way] = true;
        var waiting = _waiting[way] ??= new();
        if (waiting.Count >= _sweepAt[way])
            Sweep(waiting, way);
        waiting.Enqueue((task, generation));
        return false;
    }

    /// <summary>Who had the turn is through: the next one that still waits, or null.</summary>
    public T? Leave(bool isWrite)
    {
        var way = isWrite ? 1 : 0;
        _isBusy[way] = false;
        while (_waiting[way] is { } waiting && waiting.TryDequeue(out var next))
        {
            if (stillWaits(next.Task, next.Generation))
                return next.Task;
        }

        return null;
    }

    // Who has the turn may keep it for ever, while others come and are cancelled.
    private void Sweep(Queue<(T Task, uint Generation)> waiting, int way)
    {
        for (var i = waiting.Count; i > 0; i--)
        {
            var next = waiting.Dequeue();
            if (stillWaits(next.Task, next.Generation))
                waiting.Enqueue(next);
        }

        _sweepAt[way] = Math.Max(LeastSweep, 2 * waiting.Count);
    }
}

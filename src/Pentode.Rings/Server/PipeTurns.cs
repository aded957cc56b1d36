namespace Pentode.Rings.Server;

/// <summary>
/// Who reads and who writes a pipe now, and who is next. Who takes part in a pipe may hold its lock for as long as that likes, so that only threads of
/// the kernel touch it; and since those keep no order, one operation after another in each direction.
/// </summary>
internal sealed class PipeTurns<T> where T : class
{
    private readonly Queue<(T Task, uint Generation)>?[] _waiting = new Queue<(T, uint)>?[2];
    private readonly bool[] _isBusy = new bool[2];

    /// <summary>True when it is the task's turn; otherwise it waits for <see cref="Leave"/>.</summary>
    public bool TryEnter(T task, uint generation, bool isWrite)
    {
        var way = isWrite ? 1 : 0;
        if (!_isBusy[way])
            return _isBusy[way] = true;
        (_waiting[way] ??= new()).Enqueue((task, generation));
        return false;
    }

    /// <summary>Who had the turn is through: the next one that still waits, or null.</summary>
    public T? Leave(bool isWrite, Func<T, uint, bool> stillWaits)
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
}

namespace Pentode.Rings.Server.V2;

/// <summary>Who reads and who writes a pipe now, and who is next.</summary>
internal sealed class EngineFileTurns
{
    private readonly Queue<(EngineTask Task, uint Generation)>?[] _waiting = new Queue<(EngineTask, uint)>?[2];
    private readonly bool[] _isBusy = new bool[2];

    /// <summary>True when it is the task's turn; otherwise <see cref="Leave"/> gives it back later.</summary>
    public bool TryEnter(EngineTask task)
    {
        var way = WayOf(task);
        if (!_isBusy[way])
            return _isBusy[way] = true;
        (_waiting[way] ??= new()).Enqueue((task, task.Generation));
        return false;
    }

    /// <summary>A task that entered is over: the next one that still waits, or null.</summary>
    public EngineTask? Leave(EngineTask task)
    {
        var way = WayOf(task);
        _isBusy[way] = false;
        while (_waiting[way] is { } waiting && waiting.TryDequeue(out var next))
        {
            if (next.Task.Generation == next.Generation && next.Task.State == EngineTaskState.Pending)
                return next.Task;
        }

        return null;
    }

    private static int WayOf(EngineTask task) => task.Entry.Operation is Wire.V2.RingsOperation.Write or Wire.V2.RingsOperation.WriteVector ? 1 : 0;
}

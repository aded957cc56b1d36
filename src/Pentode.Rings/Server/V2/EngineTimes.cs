namespace Pentode.Rings.Server.V2;

/// <summary>Operations by the time something is due: a binary heap that knows where each of them is.</summary>
internal sealed class EngineTimes
{
    private EngineTask[] _heap = new EngineTask[64];
    private int _count;

    public int Count => _count;

    /// <summary>The earliest, or null.</summary>
    public EngineTask? First => _count == 0 ? null : _heap[0];

    /// <summary>Puts a task in its place after its time changed; takes it out when nothing is due any more.</summary>
    public void Update(EngineTask task)
    {
        if (task.DueAt == long.MaxValue)
        {
            Remove(task);
            return;
        }

        if (task.HeapIndex < 0)
        {
            if (_count == _heap.Length)
                Array.Resize(ref _heap, _count * 2);
            task.HeapIndex = _count++;
            _heap[task.HeapIndex] = task;
        }

        Up(task);
        Down(task);
    }

    public void Remove(EngineTask task)
    {
        var index = task.HeapIndex;
        if (index < 0)
            return;
        task.HeapIndex = -1;
        var last = _heap[--_count];
        _heap[_count] = null!;
        if (ReferenceEquals(last, task))
            return;
        Place(last, index);
        Up(last);
        Down(last);
    }

    private void Place(EngineTask task, int index)
    {
        _heap[index] = task;
        task.HeapIndex = index;
    }

    private void Up(EngineTask task)
    {
        var index = task.HeapIndex;
        while (index > 0 && _heap[(index - 1) / 2] is var parent && parent.DueAt > task.DueAt)
        {
            Place(parent, index);
            index = (index - 1) / 2;
        }

        Place(task, index);
    }

    private void Down(EngineTask task)
    {
        var index = task.HeapIndex;
        while (true)
        {
            var child = (index * 2) + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _heap[child + 1].DueAt < _heap[child].DueAt)
                child++;
            if (_heap[child].DueAt >= task.DueAt)
                break;
            Place(_heap[child], index);
            index = child;
        }

        Place(task, index);
    }
}

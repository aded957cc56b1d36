using Pentode.Core;

namespace Pentode.Uring;

/// <summary>
/// A few threads for calls that block. Threads start when first needed and live until <see cref="Dispose"/>. A job that throws is
/// reported to <c>fault</c> and counts as -EIO.
/// </summary>
internal sealed class WorkerPool(string name, int threads, int maxQueued, Action<Exception> fault) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly Queue<Job> _queue = new();
    private readonly List<Thread> _threads = [];
    private int _busy;
    private bool _isDisposed;

    /// <summary>Runs <paramref name="job"/> on a worker, then <paramref name="finished"/> on the same thread. False when too many wait or after dispose.</summary>
    public bool TryEnqueue(Func<object?, int> job, object? state, IoCompletion completion, Action<IoCompletion, int> finished)
    {
        Thread? starting = null;
        lock (_gate)
        {
            if (_isDisposed || _queue.Count >= maxQueued)
                return false;
            _queue.Enqueue(new Job(job, state, completion, finished));
            if (_busy + _queue.Count > _threads.Count && _threads.Count < threads)
            {
                starting = new Thread(Work, 256 * 1024) { IsBackground = true, Name = $"{name}-{_threads.Count}" };
                _threads.Add(starting);
            }
        }

        starting?.Start();
        _available.Release();
        return true;
    }

    /// <summary>Runs what is queued and joins the threads.</summary>
    public void Dispose()
    {
        Thread[] all;
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            all = [.. _threads];
        }

        if (all.Length > 0)
            _available.Release(all.Length);
        foreach (var thread in all)
            thread.Join();
        _available.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            _available.Wait();
            Job job;
            lock (_gate)
            {
                if (!_queue.TryDequeue(out job))
                    return;
                _busy++;
            }

            int result;
#pragma warning disable CA1031 // the boundary of foreign code
            try
            {
                result = job.Body(job.State);
            }
            catch (Exception error)
            {
                fault(error);
                result = -(int)Errno.EIO;
            }
#pragma warning restore CA1031
            lock (_gate)
                _busy--;
            job.Finished(job.Completion, result);
        }
    }

    private readonly record struct Job(
        Func<object?, int> Body, object? State, IoCompletion Completion, Action<IoCompletion, int> Finished);
}

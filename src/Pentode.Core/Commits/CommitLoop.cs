using System.Diagnostics;

namespace Pentode.Core.Commits;

/// <summary>
/// Group commit: jobs from any thread run one after the other on the loop's threads (one per unit), many in one transaction, and complete
/// together after it is durable. A transaction takes what is queued and what arrives while it runs, up to the size of a group or
/// <see cref="GroupMilliseconds"/>. A job that fails after it changed something, and every job of a transaction the store refused, runs again alone in its own
/// transaction: a job must therefore be a function of its inputs and the store, without side effects. Jobs never run at the same time on one unit.
/// Continuations never run on the loop's threads.
/// </summary>
/// <typeparam name="TUnit">What jobs work with.</typeparam>
public sealed class CommitLoop<TUnit> : IDisposable
    where TUnit : class, ICommitUnit
{
    /// <summary>Longest time a transaction goes on taking jobs.</summary>
    public const int GroupMilliseconds = 2;

    /// <summary>Most times a job is tried when the store says that it may succeed later.</summary>
    public const int MaximumAttempts = 8;

    /// <summary>No new attempt after that: some of them wait long.</summary>
    private const int AttemptSeconds = 10;

    private const int IdleMilliseconds = 200;
    private readonly object _gate = new();
    private readonly Queue<CommitJob<TUnit>> _queue = new();
    private readonly Thread[] _threads;
    private readonly int _capacity;
    private readonly int _group;
    private bool _isStopping;
    private int _waiting;
    private long _commits;
    private long _jobs;

    /// <summary>Starts a thread per unit; the loop owns the units. <paramref name="group"/>: most jobs of one transaction.</summary>
    public CommitLoop(string name, IReadOnlyList<TUnit> units, int capacity, int group)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(group);
        _capacity = capacity;
        _group = group;
        _threads = [.. units.Select((unit, i) => new Thread(() => Work(unit)) { Name = $"{name}-{i}", IsBackground = true })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Transactions made durable.</summary>
    public long Commits => Volatile.Read(ref _commits);

    /// <summary>Jobs completed.</summary>
    public long Jobs => Volatile.Read(ref _jobs);

    /// <summary>Queues a job; EAGAIN when the queue is full, ESHUTDOWN after <see cref="Dispose"/>. Completes after its transaction.</summary>
    public ValueTask<Result<T>> Run<T>(Func<TUnit, Result<T>> job, object? hint = null)
    {
        var item = new ResultJob<TUnit, T>(job, hint);
        lock (_gate)
        {
            if (_isStopping)
                return new((Result<T>)Errno.ESHUTDOWN);
            if (_queue.Count >= _capacity)
                return new((Result<T>)Errno.EAGAIN);
            _queue.Enqueue(item);
            if (_waiting > 0)
                Monitor.Pulse(_gate);
        }

        return new(item.Task);
    }

    /// <summary>Runs what is queued, then ends the threads and disposes the units.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
            thread.Join();
    }

    private void Work(TUnit unit)
    {
        var batch = new List<CommitJob<TUnit>>(_group);
        while (Take(unit, batch))
        {
            if (!TryGroup(unit, batch))
                OneByOne(unit, batch);
            Interlocked.Add(ref _jobs, batch.Count);
            foreach (var job in batch)
                job.Complete();
            batch.Clear();
        }

        unit.Dispose();
    }

    private bool Take(TUnit unit, List<CommitJob<TUnit>> batch)
    {
        // Housekeeping once, then rest until there is work.
        for (var patience = IdleMilliseconds; ; patience = Timeout.Infinite)
        {
            lock (_gate)
            {
                _waiting++;
                while (_queue.Count == 0 && !_isStopping)
                {
                    if (!Monitor.Wait(_gate, patience))
                        break;
                }

                _waiting--;
                if (_queue.Count > 0)
                {
                    TakeMore(batch);
                    return true;
                }

                if (_isStopping)
                    return false;
            }

            unit.Idle();
        }
    }

    private bool TakeMore(List<CommitJob<TUnit>> batch)
    {
        var before = batch.Count;
        while (batch.Count < _group && _queue.TryDequeue(out var job))
            batch.Add(job);
        return batch.Count > before;
    }

    /// <summary>All jobs in one transaction; false when it was rolled back and each must run alone.</summary>
    private bool TryGroup(TUnit unit, List<CommitJob<TUnit>> batch)
    {
        try
        {
            var start = Stopwatch.GetTimestamp();
            Check(CommitFaults.Begin.Check());
            unit.Begin();
            unit.Prepare(batch.ConvertAll(static j => j.Hint));
            for (var i = 0; ; i++)
            {
                if (i == batch.Count)
                {
                    if (i >= _group || Stopwatch.GetElapsedTime(start).TotalMilliseconds >= GroupMilliseconds)
                        break;
                    bool isMore;
                    lock (_gate)
                        isMore = TakeMore(batch);
                    if (!isMore)
                        break;
                    unit.Prepare([.. batch.Skip(i).Select(static j => j.Hint)]);
                }

                Check(CommitFaults.Job.Check());
                var changes = unit.Changes;
                batch[i].Execute(unit);
                if (!batch[i].IsOk && unit.Changes != changes)
                    throw new CommitFailedException(Errno.EIO, "a job failed after it changed something");
            }

            Commit(unit);
            return true;
        }
        catch (CommitFailedException e) when (e.IsUncertain)
        {
            unit.Rollback();
            foreach (var job in batch)
                job.Fail(e.Error);
            return true;
        }
        catch (Exception)
        {
            // Whatever it was, each job meets it alone, or does not.
            unit.Rollback();
            return false;
        }
    }

    private void OneByOne(TUnit unit, List<CommitJob<TUnit>> batch)
    {
        var away = Errno.None;
        foreach (var job in batch)
        {
            if (away == Errno.None)
                away = Alone(unit, job);
            else
                job.Fail(away);
        }
    }

    /// <summary>The error when there was no transaction to be had in all attempts: the next job would meet the same, and its caller waits.</summary>
    private Errno Alone(TUnit unit, CommitJob<TUnit> job)
    {
        var start = Stopwatch.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var isBegun = false;
            try
            {
                Check(CommitFaults.Begin.Check());
                unit.Begin();
                isBegun = true;
                unit.Prepare([job.Hint]);
                Check(CommitFaults.Job.Check());
                var changes = unit.Changes;
                job.Execute(unit);
                if (job.IsOk || unit.Changes == changes)
                    Commit(unit);
                else
                    unit.Rollback();
                return Errno.None;
            }
            catch (Exception e)
            {
                unit.Rollback();
                var (error, isTransient) = Explain(unit, e);
                if (error == Errno.None)
                {
                    job.Fail(e);
                    return Errno.None;
                }

                if (!isTransient || attempt == MaximumAttempts || Stopwatch.GetElapsedTime(start).TotalSeconds > AttemptSeconds)
                {
                    job.Fail(error);
                    return isTransient && !isBegun ? error : Errno.None;
                }

                Pause(attempt);
            }
        }
    }

    private void Commit(TUnit unit)
    {
        Check(CommitFaults.Before.Check());
        unit.Commit();
        Interlocked.Increment(ref _commits);
        _ = CommitFaults.After.Check();
    }

    private void Pause(int attempt)
    {
        var end = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 1000 * (1L << attempt));
        lock (_gate)
        {
            while (!_isStopping && Stopwatch.GetTimestamp() < end)
                Monitor.Wait(_gate, 1 + (int)((end - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency));
        }
    }

    private static (Errno Error, bool IsTransient) Explain(TUnit unit, Exception e)
    {
        if (e is CommitFailedException failure)
            return (failure.Error, failure.IsTransient);
        var error = unit.Explain(e, out var isTransient);
        return (error, isTransient);
    }

    private static void Check(Errno error)
    {
        if (error != Errno.None)
            throw new CommitFailedException(error, "injected", isTransient: error == Errno.EAGAIN);
    }
}

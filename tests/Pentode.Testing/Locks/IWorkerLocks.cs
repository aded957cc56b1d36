namespace Pentode.Testing.Locks;

/// <summary>Where the worker of the nemesis gets its locks.</summary>
public interface IWorkerLocks : IAsyncDisposable
{
    /// <summary>Engine round trips for locks so far.</summary>
    long RoundTrips { get; }

    /// <summary>Takes a lock; null when it is not to be had in time.</summary>
    Task<IWorkerLock?> AcquireAsync(string name, bool exclusive, bool isTry, int timeoutMs);
}

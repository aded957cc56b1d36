namespace Pentode.Testing.Locks;

/// <summary>A held lock as the worker of the nemesis sees it: ours, or the naive one it is compared with.</summary>
public interface IWorkerLock
{
    /// <summary>Session or lease that stands behind it.</summary>
    string Session { get; }

    /// <summary>Grows with each exclusive grant.</summary>
    ulong Token { get; }

    /// <summary>When the loss was told by a callback, 0 before.</summary>
    long SignalledNs { get; }

    /// <summary>True when the lock is held no more, as far as this node can know now.</summary>
    bool IsLost { get; }

    /// <summary>The value and whether it is suspect; null when it cannot be read.</summary>
    (byte[] Value, bool IsSuspect)? Read();

    /// <summary>Writes the value and commits it; false when that failed or nobody knows.</summary>
    Task<bool> WriteAsync(byte[] value);

    /// <summary>Gives the lock back.</summary>
    Task ReleaseAsync();
}

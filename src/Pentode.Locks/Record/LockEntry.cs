namespace Pentode.Locks.Record;

/// <summary>What one session has and wants of a lock.</summary>
/// <param name="Session">Whose.</param>
/// <param name="Granted">What it has.</param>
/// <param name="Wanted">What it waits for, always above <paramref name="Granted"/>; <see cref="LockMode.Null"/> when it waits for nothing.</param>
/// <param name="Flags">Of the request.</param>
/// <param name="Sequence">Place in the queue, unique among those who wait; 0 when it does not wait.</param>
/// <param name="Token">Fencing token of the grant; 0 with <see cref="LockMode.Null"/>.</param>
/// <param name="Request">Number of the last request, chosen by the session: tells whether a request whose answer was lost arrived.</param>
public readonly record struct LockEntry(
    SessionId Session,
    LockMode Granted,
    LockMode Wanted,
    EntryFlags Flags,
    uint Sequence,
    ulong Token,
    ulong Request)
{
    /// <summary>True when it is in the queue.</summary>
    public bool IsWaiting => Wanted != LockMode.Null;
}

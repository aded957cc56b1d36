namespace Pentode.Files;

/// <summary>How long somebody waits for a lock that others hold who share the file; the default does not wait.</summary>
/// <param name="Ms">Longest wait; 0 for none, negative without end.</param>
/// <param name="GiveUp">Set when the waiter gives up (signal, Tflush, disconnect): the wait ends with EINTR.</param>
public readonly record struct LockWait(long Ms, CancellationToken GiveUp);

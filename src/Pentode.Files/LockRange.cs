namespace Pentode.Files;

/// <summary>A byte-range lock as reported to somebody it stops.</summary>
/// <param name="Type">Kind, or Unlock for "nothing in the way".</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes; 0 to the end of the file.</param>
/// <param name="ProcessId">Holder's process.</param>
/// <param name="ClientId">Holder's client.</param>
public readonly record struct LockRange(LockType Type, long Start, long Length, uint ProcessId, string ClientId);

namespace Pentode.Locks.Record;

/// <summary>Somebody who should look at the record after a transition.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Session">Who.</param>
/// <param name="Mode">For a grant the mode granted; for a recall the mode that waits.</param>
public readonly record struct RecordHint(HintKind Kind, SessionId Session, LockMode Mode);

using Pentode.Locks.Record;

namespace Pentode.Locks.Sessions;

/// <summary>One session of this node while it lasts. Guarded by the manager's gate, except that <see cref="ValidUntilMs"/> is read anywhere.</summary>
internal sealed class NodeSession(SessionId id, long validUntilMs, long suspectAtMs)
{
    private long _validUntilMs = validUntilMs;
    private long _suspectAtMs = suspectAtMs;

    internal SessionId Id { get; } = id;

    /// <summary>From then on the session is dead for this node, for ever.</summary>
    internal long ValidUntilMs => Volatile.Read(ref _validUntilMs);

    internal long SuspectAtMs => Volatile.Read(ref _suspectAtMs);

    internal ulong Beat { get; set; } = 1;

    /// <summary>How far the policies on loss have gone: 0 not at all, 1 asked to end, 2 killed.</summary>
    internal int LossStage { get; set; }

    internal void Extend(long sentMs, SessionTiming timing)
    {
        Volatile.Write(ref _validUntilMs, sentMs + timing.HoldMs);
        Volatile.Write(ref _suspectAtMs, sentMs + (timing.HoldMs / 2));
    }
}

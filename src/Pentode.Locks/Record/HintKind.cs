namespace Pentode.Locks.Record;

/// <summary>Why a session is told to look at a record. The numbers are those of the mailbox bytes.</summary>
public enum HintKind : byte
{
    /// <summary>Its grant stands in the way of the head of the queue.</summary>
    Recall = 1,

    /// <summary>Its request was granted.</summary>
    Grant = 2,

    /// <summary>Its entry was taken away by an operator.</summary>
    Broken = 3,

    /// <summary>Its grant stands in nobody's way any more, as the request it blocked went away.</summary>
    Clear = 4,
}

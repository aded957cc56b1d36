namespace Pentode.Core.Commits;

/// <summary>What a thread of a <see cref="CommitLoop{TUnit}"/> works with: a connection and what it remembers within a transaction. Used by that thread only.</summary>
public interface ICommitUnit : IDisposable
{
    /// <summary>Grows with every change made to the open transaction.</summary>
    long Changes { get; }

    /// <summary>Starts a transaction. May throw.</summary>
    void Begin();

    /// <summary>Jobs with these hints (what they will need, null when a job gave none) run next in the open transaction. May throw.</summary>
    void Prepare(IReadOnlyList<object?> hints);

    /// <summary>Makes the transaction durable. When it throws, nothing of it remains, unless the exception is a <see cref="CommitFailedException"/> that says otherwise.</summary>
    void Commit();

    /// <summary>Forgets the transaction, also one that failed half-way. Does not throw.</summary>
    void Rollback();

    /// <summary>The error number of a failure of the store, and whether the same work may succeed when tried again; <see cref="Errno.None"/> for a bug.</summary>
    Errno Explain(Exception exception, out bool isTransient);

    /// <summary>Called once whenever there has been nothing to do for a while: housekeeping outside transactions. Does not throw.</summary>
    void Idle();
}

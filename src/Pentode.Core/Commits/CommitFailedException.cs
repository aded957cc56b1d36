namespace Pentode.Core.Commits;

/// <summary>A failure of a store in the middle of a transaction: never leaves the <see cref="CommitLoop{TUnit}"/>, which turns it into an error of each job.</summary>
public sealed class CommitFailedException : Exception
{
    /// <summary>Creates it.</summary>
    public CommitFailedException(Errno error, string message, bool isTransient = false, bool isUncertain = false, Exception? inner = null)
        : base(message, inner)
    {
        Error = error;
        IsTransient = isTransient;
        IsUncertain = isUncertain;
    }

    /// <summary>What jobs get.</summary>
    public Errno Error { get; }

    /// <summary>True when the same work may succeed when tried again.</summary>
    public bool IsTransient { get; }

    /// <summary>True when nobody can tell whether the transaction is durable: its jobs must not run again.</summary>
    public bool IsUncertain { get; }
}

using Pentode.Core.Diagnostics;

namespace Pentode.Core.Commits;

/// <summary>Where tests stop or fail a <see cref="CommitLoop{TUnit}"/>. An error given here is a failure of the store (<see cref="CommitFailedException"/>).</summary>
public static class CommitFaults
{
    /// <summary>commit.begin: before a transaction starts.</summary>
    public static FaultPoint Begin { get; } = new("commit.begin");

    /// <summary>commit.job: before each job of a transaction.</summary>
    public static FaultPoint Job { get; } = new("commit.job");

    /// <summary>commit.before: all jobs have run, nothing is durable.</summary>
    public static FaultPoint Before { get; } = new("commit.before");

    /// <summary>commit.after: durable, no reply has left. An error given here is ignored.</summary>
    public static FaultPoint After { get; } = new("commit.after");
}

namespace Pentode.Names.Catalog;

/// <summary>Result of a check.</summary>
/// <param name="Objects">Objects looked at.</param>
/// <param name="Entries">Directory entries looked at.</param>
/// <param name="Problems">What was found, at most <see cref="MaximumProblems"/>.</param>
public sealed record CheckReport(long Objects, long Entries, IReadOnlyList<CheckProblem> Problems)
{
    /// <summary>Most findings of one run; run again after a repair when there are as many.</summary>
    public const int MaximumProblems = 10_000;
}

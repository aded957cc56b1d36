using System.Globalization;
using System.Text;

namespace Pentode.Testing.Locks;

/// <summary>What a history shows.</summary>
/// <param name="Sections">Uses of locks.</param>
/// <param name="Exclusive">Exclusive ones among them.</param>
/// <param name="Lost">Uses that ended by loss.</param>
/// <param name="Killed">Uses that ended with their process.</param>
/// <param name="Refused">Requests that were not granted.</param>
/// <param name="Overlaps">Pairs of uses that must not overlap in time and do.</param>
/// <param name="TokenRegressions">Grants whose token is not what its place in time demands.</param>
/// <param name="LostValues">Reads that missed a value without a mark of suspicion, or a committed one at all.</param>
/// <param name="Overtaken">Requests granted behind an exclusive one that was made clearly later, when that is looked for.</param>
/// <param name="Unsignalled">Lost uses whose user was not told.</param>
/// <param name="LongestWaitMs">Longest wait for an answer.</param>
/// <param name="Violations">The first of them in words.</param>
public sealed record HistoryReport(
    int Sections,
    int Exclusive,
    int Lost,
    int Killed,
    int Refused,
    int Overlaps,
    int TokenRegressions,
    int LostValues,
    int Overtaken,
    int Unsignalled,
    long LongestWaitMs,
    IReadOnlyList<string> Violations)
{
    /// <summary>True when something was used and nothing is wrong.</summary>
    public bool IsOk => Violations.Count == 0 && Sections > 0;

    /// <summary>A list in Markdown.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"- sections: {Sections} ({Exclusive} exclusive, {Lost} lost, {Killed} ended with their process), requests refused: {Refused}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- overlaps: {Overlaps}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- token regressions: {TokenRegressions}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- lost values: {LostValues}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- overtaken: {Overtaken}, losses not signalled: {Unsignalled}");
        text.Append(CultureInfo.InvariantCulture, $"- longest wait: {LongestWaitMs} ms");
        foreach (var violation in Violations)
            text.AppendLine().Append("  - ").Append(violation);
        return text.ToString();
    }
}

namespace Pentode.Daemon.Services;

/// <summary>The answer to a <see cref="NamesRequest"/>.</summary>
public sealed record NamesAnswer
{
    /// <summary>One line that says what went wrong; null when nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>What was found or changed.</summary>
    public IReadOnlyList<NamesRow> Rows { get; init; } = [];

    /// <summary>More follow after this position; null at the end.</summary>
    public long? Next { get; init; }
}

namespace Pentode.Daemon.Configuration;

/// <summary>The answer of <c>pentode check --json</c>.</summary>
/// <param name="Path">The file as named by the user.</param>
/// <param name="Errors">What is wrong; empty when it would be served.</param>
/// <param name="Services">What it would serve; empty when something is wrong.</param>
public sealed record ConfigurationReport(string Path, IReadOnlyList<ConfigurationError> Errors, IReadOnlyList<ConfigurationSummary> Services);

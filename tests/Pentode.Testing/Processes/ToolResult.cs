namespace Pentode.Testing.Processes;

/// <summary>How a program ended.</summary>
/// <param name="Status">Exit status; -1 when it was killed for taking too long.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record ToolResult(int Status, string Output, string Error);

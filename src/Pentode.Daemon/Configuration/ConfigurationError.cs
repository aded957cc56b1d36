namespace Pentode.Daemon.Configuration;

/// <summary>Something wrong in a configuration file. Lines and columns count from 1; line 0 means the file as a whole.</summary>
/// <param name="File">The file as named by the user.</param>
/// <param name="Line">Line.</param>
/// <param name="Column">Column.</param>
/// <param name="Message">What is wrong, and the remedy when there is one.</param>
public sealed record ConfigurationError(string File, long Line, long Column, string Message)
{
    /// <summary><c>file:line:column: message</c>.</summary>
    public override string ToString() => Line == 0 ? $"{File}: {Message}" : $"{File}:{Line}:{Column}: {Message}";
}

namespace Pentode.Cli;

/// <summary>Words of command lines that are printed for people to copy.</summary>
internal static class ShellWord
{
    /// <summary>This program as a command that works in any directory.</summary>
    public static string Self => Quote(Environment.ProcessPath ?? "pentode");

    /// <summary>The word, in single quotes when a shell would not take it as it is.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+=:,@%".Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}

using System.Text;

namespace Pentode.Cli;

/// <summary>Answers to other names: a link to this program that bears one of them behaves as the program of that name.</summary>
internal static class Personality
{
    /// <summary>Runs the program this process was called as and returns its exit code; null when that is pentode itself.</summary>
    public static int? TryRun(string[] args) => Name() switch
    {
        "iouringd" => PersonalityIouringd.Run(args),
        _ => null,
    };

    // The runtime hides argv[0].
    private static string Name()
    {
        try
        {
            var line = File.ReadAllBytes("/proc/self/cmdline");
            var end = Array.IndexOf(line, (byte)0);
            var called = end < 0 ? line : line.AsSpan(0, end);
            return Encoding.UTF8.GetString(called[(called.LastIndexOf((byte)'/') + 1)..]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>How the client commands say that something failed while running.</summary>
internal static class CommandFailure
{
    /// <summary>Writes one line to standard error and returns the exit code for it.</summary>
    public static async Task<int> ReportAsync(string message)
    {
        await Console.Error.WriteLineAsync("pentode: " + message).ConfigureAwait(false);
        return ExitCode.Failure;
    }
}

using System.CommandLine;
using Pentode.Cli.Commands.Blocks;
using Pentode.Cli.Commands.Files;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Rings.Client;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Rings;

/// <summary>What the client commands of rings have in common.</summary>
internal static class RingsRunner
{
    /// <summary>The argument SOCKET.</summary>
    public static Argument<string> Socket() => new("SOCKET") { Description = "Unix socket of the server; a leading '@' means the abstract namespace." };

    /// <summary>The option --json.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    /// <summary>Connects on a loop of its own and runs <paramref name="work"/> there.</summary>
    public static Task<int> RunAsync(CommonOptions common, ParseResult parsed, string socket, Func<RingsClient, Task<int>> work) =>
        LoopRunner.RunAsync(common, parsed, loop => RunAsync(loop, socket, work));

    /// <summary>Connects with protocol 1 on this loop and runs <paramref name="work"/>.</summary>
    public static async Task<int> RunAsync(IoLoop loop, string socket, Func<RingsClient, Task<int>> work)
    {
        var (client, problem) = await RingsClient.ConnectAsync(loop, socket).ConfigureAwait(true);
        if (client is null)
            return await CommandFailure.ReportAsync(RemoteText.Clean(problem!.Message)).ConfigureAwait(true);
        try
        {
            return await work(client).ConfigureAwait(true);
        }
        finally
        {
            await client.DisposeAsync().ConfigureAwait(true);
        }
    }

    /// <summary>Writes "pentode: WHAT: WHY" and returns the exit code; when the connection broke, why it did.</summary>
    public static int Report(RingsClient client, string what, Errno error)
    {
        if (client.Problem is { } problem)
            Console.Error.WriteLine("pentode: " + RemoteText.Clean(problem.Message));
        else
            RemoteText.Report(what, error);
        return ExitCode.Failure;
    }

    /// <summary>Why a file does not fit, and the remedy. The protocol has no offsets, so there is no second piece.</summary>
    public static string TooLarge(RingsClient client, string what) =>
        $"{what}, and protocol 1 has no offsets to continue at; nothing was written. "
        + $"This server carries {client.Server.IoBytesMax} bytes at once; 'pentode rings serve --io-bytes-max' allows up to {ushort.MaxValue}";
}

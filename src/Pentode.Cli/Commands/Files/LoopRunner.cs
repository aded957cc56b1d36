using System.CommandLine;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary>Runs the work of a client command on a loop of its own.</summary>
internal static class LoopRunner
{
    /// <summary>Starts a loop, runs <paramref name="work"/> on its thread, stops the loop. An exception of the work comes out here.</summary>
    public static async Task<int> RunAsync(CommonOptions common, ParseResult parsed, Func<IoLoop, Task<int>> work)
    {
        var engine = common.Apply(parsed, new DaemonConfiguration()).Engine.Kind;
        var loop = LoopFactory.Create(engine, new LoopOptions { Name = "client" });
        try
        {
            loop.Start();
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync($"pentode: {e.Message}; try --engine portable").ConfigureAwait(false);
            return Daemon.Services.ExitCode.Failure;
        }

        var done = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ => Run());
        try
        {
            return await done.Task.ConfigureAwait(false);
        }
        finally
        {
            await loop.StopAsync().ConfigureAwait(false);
        }

        async void Run()
        {
            try
            {
                done.SetResult(await work(loop).ConfigureAwait(true));
            }
#pragma warning disable CA1031 // handed to the caller
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        }
    }

    /// <summary>Where a connection says why it ended.</summary>
    public static ILog Log { get; } = new ErrorLog();

    private sealed class ErrorLog : ILog
    {
        public bool IsEnabled(LogLevel level) => level >= LogLevel.Warning;

        public void Write(LogLevel level, string message)
        {
            if (IsEnabled(level))
                Console.Error.WriteLine("pentode: " + RemoteText.Clean(message));
        }
    }
}

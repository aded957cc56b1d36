using System.Runtime.InteropServices;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Linux;

namespace Pentode.Cli.Commands;

/// <summary>Runs a daemon in the foreground until SIGTERM, SIGINT or SIGHUP; a second one ends it at once.</summary>
internal static class DaemonRunner
{
    /// <summary>Starts, says where it listens, waits for a signal, drains. Returns the exit code.</summary>
    public static async Task<int> RunAsync(DaemonConfiguration configuration, string? hints = null)
    {
        // Before anything else: a signal during the start stops cleanly too.
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stopping = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        ProcessSignals.IgnoreFileSize();

        var daemon = new PentodeDaemon(configuration, new StreamLog(Console.Error, configuration.Log.Level, configuration.Log.IsJson));
        if (await daemon.StartAsync(stopping.Token).ConfigureAwait(false) is { } failure)
        {
            if (stop.Task.IsCompleted)
                return ExitCode.Ok;
            await Console.Error.WriteLineAsync($"pentode: {failure.Message}").ConfigureAwait(false);
            return failure.ExitCode;
        }

        foreach (var (protocol, address) in daemon.Listeners)
            await Console.Out.WriteLineAsync($"listening on {protocol} {address}").ConfigureAwait(false);
        if (hints is not null)
            await Console.Out.WriteLineAsync(hints).ConfigureAwait(false);
        await Console.Out.WriteLineAsync("ready").ConfigureAwait(false);
        await Console.Out.FlushAsync().ConfigureAwait(false);
        ServiceManager.Notify("READY=1");

        await stop.Task.ConfigureAwait(false);
        ServiceManager.Notify("STOPPING=1");
        await daemon.StopAsync().ConfigureAwait(false);
        return ExitCode.Ok;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;

            // The second signal does not wait for clients.
            if (!stop.TrySetResult())
                Environment.Exit(ExitCode.Failure);
            stopping.Cancel();
        }
    }
}

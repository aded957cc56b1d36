using System.Diagnostics;
using System.Runtime.InteropServices;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Files;
using Pentode.Fuse;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Mounting;

/// <summary>Serves one mount in this process until it is unmounted or a signal comes; a second signal does not wait.</summary>
internal static class MountRunner
{
    /// <summary>Hidden option of the process in the background.</summary>
    public const string DetachedOption = "--detached";

    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Opens the tree on a loop of its own, mounts it and serves. <paramref name="open"/> runs on the loop and answers a volume, which is disposed of at
    /// the end, or a problem in words.
    /// </summary>
    public static async Task<int> RunAsync(
        DaemonConfiguration configuration, string mountPoint, FuseOptions options, bool isDetached, Func<IoLoop, Task<(Volume? Volume, string? Problem)>> open)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        if (isDetached)
            ProcessSignals.LeaveTerminal();
        var log = new StreamLog(Console.Error, configuration.Log.Level, configuration.Log.IsJson);
        var loop = LoopFactory.Create(configuration.Engine.Kind, new LoopOptions { Name = "mount", Fault = e => log.Write(Core.Diagnostics.LogLevel.Error, $"internal error, please report it: {e}") });
        try
        {
            loop.Start();
        }
        catch (InvalidOperationException e)
        {
            return await FailAsync($"{e.Message}; try --engine portable").ConfigureAwait(false);
        }

        var opened = await OnLoopAsync(loop, open).ConfigureAwait(false);
        if (opened.Volume is not { } volume)
        {
            await loop.StopAsync().ConfigureAwait(false);
            return await FailAsync(opened.Problem!).ConfigureAwait(false);
        }

        var (mount, problem) = FuseMount.Create(mountPoint, volume, loop, options with { Log = log });
        var code = ExitCode.Ok;
        if (mount is null)
        {
            code = await FailAsync(problem!).ConfigureAwait(false);
        }
        else
        {
            await Console.Out.WriteLineAsync($"mounted on {mount.Path}").ConfigureAwait(false);
            await Console.Out.WriteLineAsync("ready").ConfigureAwait(false);
            await Console.Out.FlushAsync().ConfigureAwait(false);
            ServiceManager.Notify("READY=1");
            await Task.WhenAny(stop.Task, mount.Ended).ConfigureAwait(false);
            ServiceManager.Notify("STOPPING=1");
            await mount.UnmountAsync().ConfigureAwait(false);
        }

        await volume.DisposeAsync().ConfigureAwait(false);
        await loop.StopAsync().ConfigureAwait(false);
        return code;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            if (!stop.TrySetResult())
                Environment.Exit(ExitCode.Failure);
        }
    }

    /// <summary>Starts this program again with the same arguments, in the background, and waits until it serves.</summary>
    public static async Task<int> StartInBackgroundAsync(IEnumerable<string> arguments)
    {
        // Nothing of the caller's: who reads our output to its end would wait for as long as the mount lives.
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        foreach (var argument in arguments.Append(DetachedOption))
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        process.ErrorDataReceived += static (_, e) =>
        {
            if (e.Data is not null)
                Console.Error.WriteLine(e.Data);
        };
        process.BeginErrorReadLine();
        using var patience = new CancellationTokenSource(s_startPatience);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token).ConfigureAwait(false) is { } line)
            {
                if (line == "ready")
                    return ExitCode.Ok;
                await Console.Out.WriteLineAsync(line).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            return await FailAsync($"the mount was not ready after {s_startPatience.TotalSeconds:0} seconds").ConfigureAwait(false);
        }

        // It has said why on standard error; waiting for the end also waits for the last line.
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return process.ExitCode == 0 ? ExitCode.Failure : process.ExitCode;
    }

    private static async Task<T> OnLoopAsync<T>(IoLoop loop, Func<IoLoop, Task<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ => Run());
        return await done.Task.ConfigureAwait(false);

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

    private static async Task<int> FailAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"pentode: {problem}").ConfigureAwait(false);
        return ExitCode.Failure;
    }
}

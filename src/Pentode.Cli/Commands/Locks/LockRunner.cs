using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Linux;
using Pentode.Linux.Tree;

namespace Pentode.Cli.Commands.Locks;

/// <summary>
/// Takes a lock through the mounted tree, runs a command, gives the lock back. The command inherits the open file, so the lock is held until
/// both have ended, as with flock(1).
/// </summary>
internal sealed class LockRunner
{
    private const int CannotRun = 127;
    private const int WatchMs = 200;
    private const int Terminate = 15;
    private const int Kill = 9;
    private const uint LockFileMode = 0x1B4;

    /// <summary>Where the lock tree is; null when it is nowhere.</summary>
    public required string? Tree { get; init; }

    /// <summary>DOMAIN/NAME.</summary>
    public required string Lock { get; init; }

    public required string[] Command { get; init; }

    public bool IsShared { get; init; }

    /// <summary>0: do not wait; negative: wait for ever.</summary>
    public long WaitMs { get; init; }

    public int ConflictCode { get; init; }

    /// <summary>"term", "kill" or "none".</summary>
    public required string OnLost { get; init; }

    /// <summary>The exit code: that of the command, if it ran. Blocks.</summary>
    public int Run()
    {
        if (Tree is null)
            return Fail("the lock tree is not mounted here; 'pentode locks mount DIR' mounts one", ExitCode.Failure);
        if (!Directory.Exists(Tree))
            return Fail($"there is no lock tree at {Tree}: no such directory", ExitCode.Failure);
        var path = Path.Combine(Tree, Lock);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail($"cannot join the domain of {Lock}: {e.Message}", ExitCode.Failure);
        }

        var flags = FileCalls.O_CREAT | (IsShared ? FileCalls.O_RDONLY : FileCalls.O_RDWR) | (WaitMs == 0 ? FileCalls.O_NONBLOCK : 0);
        var file = WaitingOpen.Open(path, flags, LockFileMode, WaitMs > 0 ? WaitMs : -1, CancellationToken.None);
        switch ((Errno)(-Math.Min(file, 0)))
        {
            case Errno.None:
                break;
            case Errno.ETXTBSY or Errno.ETIMEDOUT:
                return ConflictCode;
            case var error:
                return Fail($"cannot take {Lock}: {ErrnoText.Describe(error)}", ExitCode.Failure);
        }

        try
        {
            return RunHolding(file);
        }
        finally
        {
            _ = FileCalls.Close(file);
        }
    }

    private int RunHolding(int file)
    {
        var start = new ProcessStartInfo(Command[0], Command[1..]) { UseShellExecute = false };
        start.Environment["PENTODE_LOCK"] = Lock;
        Span<byte> token = stackalloc byte[32];
        var length = TreeCalls.GetAttribute(file, "user.lock.token"u8, token);
        if (length > 0)
            start.Environment["PENTODE_LOCK_TOKEN"] = Encoding.ASCII.GetString(token[..length]);

        // The terminal sends its signals to both; it is the command's to decide.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static c => c.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static c => c.Cancel = true);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return Fail($"cannot run {Command[0]}: {e.Message}", CannotRun);
        }

        using (process)
        {
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c =>
            {
                c.Cancel = true;
                _ = ProcessSignals.Send(process.Id, Terminate);
            });
            var isLost = false;
            while (!process.WaitForExit(isLost ? Timeout.Infinite : WatchMs))
            {
                var events = DescriptorPoll.Wait(file, 0, 0);
                if ((events & (DescriptorPoll.Error | DescriptorPoll.HangUp)) == 0)
                    continue;
                isLost = true;
                Console.Error.WriteLine($"pentode: {Lock} is lost{(OnLost == "none" ? "; the command goes on without it" : "")}");
                if (OnLost != "none")
                    _ = ProcessSignals.Send(process.Id, OnLost == "term" ? Terminate : Kill);
            }

            return process.ExitCode;
        }
    }

    private static int Fail(string problem, int code)
    {
        Console.Error.WriteLine($"pentode: {problem}");
        return code;
    }
}

using System.Runtime.InteropServices;
using System.Text;
using Pentode.Core;

namespace Pentode.Linux;

/// <summary>open(2) that may wait for long and can be given up: another thread sends a signal, which ends the call with EINTR.</summary>
public static unsafe partial class WaitingOpen
{
    // A signal nobody uses: the runtime has the first real-time ones, and the last are the least likely to be a program's.
    private const int WakeSignal = 62;
    private const int RepeatMs = 20;
    private const int SetDescriptorFlags = 2;
    private const int ActionBytes = 160;

    /// <summary>
    /// Opens a file; the descriptor is inherited by children. A negative errno: -EINTR when <paramref name="cancel"/> was set before it
    /// ended, -ETIMEDOUT after <paramref name="timeoutMs"/> (negative: no limit). Blocks the calling thread.
    /// </summary>
    public static int Open(string path, int flags, uint mode, long timeoutMs, CancellationToken cancel)
    {
        InstallHandler();
        var thread = GetThreadId();
        using var ended = new ManualResetEventSlim();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var registration = limit.Token.UnsafeRegister(_ => _ = Task.Run(() => Wake(thread, ended)), null);
        if (timeoutMs >= 0)
            limit.CancelAfter(TimeSpan.FromMilliseconds(timeoutMs));
        int result;
        fixed (byte* p = Encoding.UTF8.GetBytes(path + '\0'))
        {
            do
                result = NativeOpen(p, flags, mode) is >= 0 and var file ? file : -Marshal.GetLastPInvokeError();
            while (result == -(int)Errno.EINTR && !limit.IsCancellationRequested);
        }

        ended.Set();
        if (result == -(int)Errno.EINTR && !cancel.IsCancellationRequested)
            return -(int)Errno.ETIMEDOUT;
        if (result >= 0)
            _ = NativeFcntl(result, SetDescriptorFlags, 0);
        return result;
    }

    // Again and again, as the first may come before the thread is in the call.
    private static void Wake(int thread, ManualResetEventSlim ended)
    {
        try
        {
            while (!ended.Wait(RepeatMs))
                _ = ThreadKill(Environment.ProcessId, thread, WakeSignal);
        }
        catch (ObjectDisposedException)
        {
            // It has ended.
        }
    }

    // The handler has nothing to do but be there, without SA_RESTART: a harmless function of the C library serves.
    private static void InstallHandler()
    {
        var action = stackalloc byte[ActionBytes];
        new Span<byte>(action, ActionBytes).Clear();
        *(nint*)action = NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "abs");
        _ = SignalAction(WakeSignal, action, null);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int NativeOpen(byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int NativeFcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "tgkill")]
    private static partial int ThreadKill(int process, int thread, int signal);

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SignalAction(int signal, byte* action, byte* old);
}

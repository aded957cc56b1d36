using System.Buffers.Binary;
using System.Globalization;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Linux;

namespace Pentode.Locks.Sessions;

/// <summary>The policies on loss on a Linux host: signals to processes, a watchdog device, the kernel's reset.</summary>
public sealed class ProcessLossActions(LossOptions options, ILog log) : ILossActions, IDisposable
{
    private const uint SetTimeout = 0xC0045706;
    private const int StartTimeField = 22;
    private readonly Lock _gate = new();
    private int _watchdog = -1;
    private bool _isWatchdogBroken;

    /// <inheritdoc/>
    public void Signal(int processId, long processStart, int signal)
    {
        // The number may belong to another process by now.
        if (processStart != 0 && StartOf(processId) != processStart)
            return;
        var result = ProcessSignals.Send(processId, signal);
        if (result < 0 && result != -(int)Errno.ESRCH)
            log.Write(LogLevel.Error, $"locks: cannot send signal {signal} to process {processId}: {(Errno)(-result)}");
    }

    /// <inheritdoc/>
    public long StartOf(int processId)
    {
        try
        {
            // The name, in parentheses, may hold anything: fields are counted behind it (proc(5)).
            var text = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return long.Parse(fields[StartTimeField - 3], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public void RefreshWatchdog()
    {
        if (options.WatchdogPath is not { } path)
            return;
        lock (_gate)
        {
            if (_watchdog < 0 && !OpenWatchdog(path))
                return;
            var written = FileCalls.Write(_watchdog, "\0"u8);
            if (written < 0)
                log.Write(LogLevel.Error, $"locks: cannot refresh {path}: {(Errno)(-written)}; the machine will be reset");
        }
    }

    /// <inheritdoc/>
    public void DisarmWatchdog()
    {
        lock (_gate)
        {
            if (_watchdog < 0)
                return;
            // The magic byte: closing without it leaves the watchdog running (watchdog-api of the kernel's documentation).
            _ = FileCalls.Write(_watchdog, "V"u8);
            _ = FileCalls.Close(_watchdog);
            _watchdog = -1;
        }
    }

    /// <inheritdoc/>
    public IKillTimer? MakeKillTimer()
    {
        if (!options.KillsStalled)
            return null;
        var (timer, error) = KillTimer.Create();
        if (timer is null)
            log.Write(LogLevel.Warning, $"locks: the kernel gives no timer ({(Errno)(-error)}): a thread of a guarded export that is stopped before a write and goes on after the loss of the lock is not kept from it");
        return timer is null ? null : new ProcessKillTimer(timer);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        if (options.ResetPath is not { } path)
        {
            log.Write(LogLevel.Error, "locks: a lock whose domain asks for a reset was lost, but locks.reset_path is not set");
            return;
        }

        var file = FileCalls.Open(path, FileCalls.O_WRONLY);
        var result = file < 0 ? file : FileCalls.Write(file, "b"u8);
        if (file >= 0)
            _ = FileCalls.Close(file);
        if (result < 0)
            log.Write(LogLevel.Error, $"locks: cannot reset the machine by {path}: {(Errno)(-result)}");
    }

    /// <inheritdoc/>
    public void Dispose() => DisarmWatchdog();

    private bool OpenWatchdog(string path)
    {
        var file = FileCalls.Open(path, FileCalls.O_WRONLY);
        if (file < 0)
        {
            if (!_isWatchdogBroken)
                log.Write(LogLevel.Error, $"locks: cannot open {path}: {(Errno)(-file)}; domains with the policy watchdog are not guarded");
            _isWatchdogBroken = true;
            return false;
        }

        Span<byte> timeout = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(timeout, options.WatchdogTimeoutSeconds);
        if (FileCalls.Ioctl(file, SetTimeout, timeout) < 0)
            log.Write(LogLevel.Warning, $"locks: {path} does not take a time-out of {options.WatchdogTimeoutSeconds} s and keeps its own");
        _watchdog = file;
        _isWatchdogBroken = false;
        return true;
    }
}

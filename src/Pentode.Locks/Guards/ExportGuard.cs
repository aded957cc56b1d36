using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Locks.Guards;

/// <summary>
/// Holds a lock exclusively for as long as an export is offered, and tells whether it is held now. Waits its turn, so several daemons may offer
/// the same disk: one takes writes, the others stand by. A new turn begins only after <c>endSessions</c> has ended every session of the
/// export: nobody who opened it in an earlier turn, and may hold old content or unsent writes, writes in a later one.
/// </summary>
public sealed class ExportGuard : IWriteGuard, IAsyncDisposable
{
    private const int RetryMs = 500;

    private readonly LockName _domain;
    private readonly LockName _name;
    private readonly Func<CancellationToken, Task> _endSessions;
    private readonly ILog _log;
    private readonly string _what;
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private volatile LockHandle? _held;
    private volatile bool _wasHeld;

    /// <summary>A guard that does not hold the lock yet; <paramref name="what"/> names the export for the log.</summary>
    public ExportGuard(LockName domain, LockName name, string what, Func<CancellationToken, Task> endSessions, ILog log)
    {
        _domain = domain;
        _name = name;
        _what = what;
        _endSessions = endSessions;
        _log = log;
    }

    /// <summary>The lock as people write it.</summary>
    public string Lock => $"{_domain}/{_name}";

    /// <summary>Its domain.</summary>
    public LockName Domain => _domain;

    /// <summary>Token of the turn under way; 0 when the lock is not held.</summary>
    public ulong Token => _held is { IsLost: false } held ? held.Token : 0;

    /// <inheritdoc/>
    public Errno Check()
    {
        if (_held is { } held)
            return held.IsLost ? Errno.ESTALE : Errno.None;
        return _wasHeld ? Errno.ESTALE : Errno.EAGAIN;
    }

    /// <summary>Begins to compete for the lock, in a domain of these options. Once.</summary>
    public void Start(LockManager manager, LockDomainOptions? options = null) => _work = Task.Run(() => WorkAsync(manager, options));

    /// <summary>Gives the lock back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WorkAsync(LockManager manager, LockDomainOptions? options)
    {
        var problem = Errno.None;
        while (!_stop.IsCancellationRequested)
        {
            var (handle, error) = await AcquireAsync(manager, options).ConfigureAwait(false);
            if (handle is null)
            {
                if (error != problem && !_stop.IsCancellationRequested)
                    _log.Write(LogLevel.Warning, $"{_what} stands by: lock {Lock}: {error}");
                problem = error;
                await Task.Delay(RetryMs, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            problem = Errno.None;
            await HoldAsync(manager, handle).ConfigureAwait(false);
        }
    }

    private async Task<(LockHandle? Handle, Errno Error)> AcquireAsync(LockManager manager, LockDomainOptions? domainOptions)
    {
        var domain = await manager.JoinAsync(_domain, domainOptions).ConfigureAwait(false);
        if (!domain.IsOk)
            return (null, domain.Error);
        var options = new AcquireOptions(LockMode.Exclusive, OpenerPid: Environment.ProcessId, ExcludeLocally: true, Command: _what);
        var handle = await domain.Value.AcquireAsync(_name, options, _stop.Token).ConfigureAwait(false);
        return handle.IsOk ? (handle.Value, Errno.None) : (null, handle.Error);
    }

    private async Task HoldAsync(LockManager manager, LockHandle handle)
    {
        // Those that came while another held the lock have read what is no longer so.
        await _endSessions(_stop.Token).ConfigureAwait(false);
        if (_stop.IsCancellationRequested)
        {
            handle.Dispose();
            return;
        }

        // A thread may be stopped after it asked Check and before it does what it asked for. Until the last request of this turn has ended the kernel sees to
        // it that this process, and so that thread, is gone before another node may have the lock.
        using var fence = manager.Fence();
        if (handle.IsLost)
        {
            handle.Dispose();
            return;
        }

        _held = handle;
        _wasHeld = true;
        _log.Write(LogLevel.Info, $"{_what} takes writes: lock {Lock}, token {handle.Token}");
        using (var lost = CancellationTokenSource.CreateLinkedTokenSource(handle.Lost, _stop.Token))
            await Task.Delay(Timeout.Infinite, lost.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _held = null;
        if (!_stop.IsCancellationRequested)
            _log.Write(LogLevel.Error, $"{_what} refuses writes: lock {Lock} is lost; its sessions end");
        await _endSessions(_stop.Token).ConfigureAwait(false);
        handle.Dispose();
    }
}

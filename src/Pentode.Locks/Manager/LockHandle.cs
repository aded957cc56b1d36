using Pentode.Core;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;

namespace Pentode.Locks.Manager;

/// <summary>One use of a lock on this node, from its grant to <see cref="Release"/>. Thread safe.</summary>
public sealed class LockHandle : IDisposable
{
    private readonly LockResource _resource;
    private CancellationTokenSource? _lost;

    internal LockHandle(LockResource resource, AcquireOptions options, ulong token, long sinceMs)
    {
        _resource = resource;
        Options = options;
        Mode = options.Mode;
        Token = token;
        SinceMs = sinceMs;
    }

    /// <summary>Domain of the lock.</summary>
    public LockName Domain => _resource.Domain.Name;

    /// <summary>The lock.</summary>
    public LockName Name => _resource.Name;

    /// <summary>What is held: shared or exclusive.</summary>
    public LockMode Mode { get; internal set; }

    /// <summary>Fencing token: of two exclusive uses the later has the higher one. Who guards data with it refuses what is lower than the highest seen.</summary>
    public ulong Token { get; }

    /// <summary>How it was asked for.</summary>
    public AcquireOptions Options { get; }

    /// <summary>Since when, on the manager's clock.</summary>
    public long SinceMs { get; }

    /// <summary>True once the lock is held no more though it was not released. For ever then.</summary>
    public bool IsLost => State == HandleState.Lost || (State == HandleState.Held && !_resource.Manager.CheckLive());

    /// <summary>What another node waits for that this use stands in the way of; <see cref="LockMode.Null"/> when nobody does.</summary>
    public LockMode Blocking => _resource.BlockingFor(this);

    /// <summary>How sure the lock is.</summary>
    public SessionPhase Phase => IsLost ? SessionPhase.Down : _resource.Manager.Phase;

    /// <summary>Told of waiting nodes and of loss; set it at once after the grant and look at <see cref="Blocking"/> and <see cref="IsLost"/> afterwards.</summary>
    public ILockObserver? Observer { get; set; }

    /// <summary>Cancelled when the lock is lost.</summary>
    public CancellationToken Lost => _resource.LostToken(this, ref _lost);

    internal bool IsLocallyExclusive => _resource.Domain.Options.ExcludeLocally;

    internal long OpenerStart { get; init; }

    internal HandleState State { get; set; }

    internal long WroteVersion { get; set; }

    internal bool HasLostValue { get; set; }

    internal CancellationTokenSource? LostSource => _lost;

    /// <summary>Copies the value from <paramref name="offset"/> on; how much is told, 0 from its end on. ESTALE once lost.</summary>
    public Result<int> ReadValue(Span<byte> destination, int offset = 0) => _resource.ReadValue(this, destination, offset);

    /// <summary>
    /// Writes into the value from <paramref name="offset"/> on, shortened to fit, in memory: see <see cref="FlushAsync"/>. EBADF on a shared hold,
    /// ENOSPC at or behind the end, ESTALE once lost.
    /// </summary>
    public Result<int> WriteValue(ReadOnlySpan<byte> value, int offset = 0) => _resource.WriteValue(this, value, offset);

    /// <summary>Whether the value was ever written and may be trusted.</summary>
    public Result<ValueState> ReadValueState() => _resource.ReadValueState(this);

    /// <summary>Commits what was written. ESTALE when it was lost, EROFS when the store takes no writes.</summary>
    public ValueTask<Errno> FlushAsync()
    {
        var ended = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
        Flush(error => ended.TrySetResult(error));
        return new ValueTask<Errno>(ended.Task);
    }

    /// <summary>The same with the answer by callback, once, on any thread and perhaps before this returns.</summary>
    public void Flush(Action<Errno> ended) => _resource.Flush(this, ended);

    /// <summary>Turns an exclusive use into a shared one, committing the value later as a release does. EINVAL on a shared one, ESTALE once lost.</summary>
    public Errno Downgrade() => _resource.Downgrade(this);

    /// <summary>
    /// Ends the use. The node keeps the lock until another wants it; what was written is committed behind this call. ESTALE once when a written
    /// value was lost, EBADF when released before.
    /// </summary>
    public Errno Release() => _resource.Release(this);

    /// <summary>Releases, if that has not been done.</summary>
    public void Dispose() => _ = Release();
}

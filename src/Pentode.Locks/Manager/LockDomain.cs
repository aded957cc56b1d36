using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Locks.Record;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Manager;

/// <summary>A domain this node has joined: its locks are asked for here. Thread safe.</summary>
public sealed class LockDomain
{
    private const int FloorBytes = 8;

    private readonly Dictionary<LockName, LockResource> _resources = [];
    private bool _isLeft;

    internal LockDomain(LockManager manager, LockName name, LockDomainOptions options)
    {
        Manager = manager;
        Name = name;
        Options = options;
        FloorKey = manager.Keys.Floor(name);
    }

    /// <summary>Its name.</summary>
    public LockName Name { get; }

    /// <summary>How it behaves.</summary>
    public LockDomainOptions Options { get; }

    internal LockManager Manager { get; }

    internal StoreKey FloorKey { get; }

    internal ulong Floor { get; private set; }

    internal long FloorRevision { get; private set; }

    internal IEnumerable<LockResource> Resources => _resources.Values;

    /// <summary>
    /// Asks for a lock. The answer comes by <paramref name="ended"/>, once, possibly before this returns and on any thread: a handle, or
    /// EAGAIN (a try that failed, or the lock is being dropped), ETIMEDOUT, EINTR (withdrawn), EDEADLK, EINVAL (name or mode), ENOTCONN (a try without a session),
    /// EIO (the record is damaged), EROFS (the store takes no writes), EACCES (the store refuses us), ENOLCK (too many nodes use it), ESHUTDOWN
    /// (domain left). Null when it was answered at once.
    /// </summary>
    public LockRequest? Acquire(LockName name, in AcquireOptions options, Action<Result<LockHandle>> ended)
    {
        if (TryAcquireCached(name, options) is { } handle)
        {
            ended(handle);
            return null;
        }

        if (options.Mode is not (LockMode.Shared or LockMode.Exclusive) || !Options.Allows(name))
        {
            ended(Errno.EINVAL);
            return null;
        }

        var after = new AfterGate();
        LockRequest? request = null;
        Errno error;
        lock (Manager.Gate)
        {
            error = _isLeft ? Errno.ESHUTDOWN : Errno.None;
            if (error == Errno.None)
            {
                var resource = ResourceOf(name);
                request = new LockRequest(resource, options, Manager.Clock.NowMs, ended);
                error = resource.Enqueue(request, after);
            }
        }

        if (error != Errno.None)
        {
            ended(error);
            return null;
        }

        after.Run();
        return request;
    }

    /// <summary>Asks for a lock; see <see cref="Acquire"/> for the errors. Cancelling ends it with EINTR.</summary>
    public ValueTask<Result<LockHandle>> AcquireAsync(LockName name, in AcquireOptions options, CancellationToken cancellation = default)
    {
        if (TryAcquireCached(name, options) is { } handle)
            return new ValueTask<Result<LockHandle>>(handle);
        if (cancellation.IsCancellationRequested)
            return new ValueTask<Result<LockHandle>>(Errno.EINTR);
        var ended = new TaskCompletionSource<Result<LockHandle>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var request = Acquire(name, options, result => ended.TrySetResult(result));
        return request is null || !cancellation.CanBeCanceled
            ? new ValueTask<Result<LockHandle>>(ended.Task)
            : new ValueTask<Result<LockHandle>>(WithCancellation(ended.Task, request, cancellation));
    }

    /// <summary>Grants a lock this node has cached, without a call to the store; null when that cannot be done at once.</summary>
    public LockHandle? TryAcquireCached(LockName name, in AcquireOptions options)
    {
        if (options.Mode == LockMode.Null)
            return null;
        var nowMs = Manager.Clock.NowMs;
        lock (Manager.Gate)
        {
            return !_isLeft && _resources.TryGetValue(name, out var resource) && resource.TryCached(options, nowMs) is { } handle
                ? Manager.CountCached(handle)
                : null;
        }
    }

    /// <summary>Gives up this node's part of a lock, as unlink does: the last node to do so ends the record. EBUSY while used or waited for here; fine when there is nothing.</summary>
    public ValueTask<Errno> DropAsync(LockName name)
    {
        var ended = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
        var after = new AfterGate();
        lock (Manager.Gate)
        {
            if (!_resources.TryGetValue(name, out var resource))
                return new ValueTask<Errno>(Errno.None);
            var error = resource.Drop(result => ended.TrySetResult(result), after);
            if (error != Errno.None)
                return new ValueTask<Errno>(error);
        }

        after.Run();
        return new ValueTask<Errno>(ended.Task);
    }

    /// <summary>Leaves: drops every lock, then the membership. EBUSY while any lock is used or waited for here; what could not be told to the store goes with the session.</summary>
    public async ValueTask<Errno> LeaveAsync()
    {
        LockName[] names;
        lock (Manager.Gate)
        {
            if (_isLeft)
                return Errno.ESHUTDOWN;
            if (_resources.Values.Any(r => r.IsInUse))
                return Errno.EBUSY;
            names = [.. _resources.Keys];
            _isLeft = true;
        }

        var drops = new List<ValueTask<Errno>>(names.Length);
        foreach (var name in names)
            drops.Add(DropAsync(name));
        foreach (var drop in drops)
            _ = await drop.ConfigureAwait(false);
        await Manager.ForgetAsync(this).ConfigureAwait(false);
        return Errno.None;
    }

    internal static byte[] EncodeFloor(ulong floor)
    {
        var bytes = new byte[FloorBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, floor);
        return bytes;
    }

    internal static ulong DecodeFloor(ReadOnlySpan<byte> bytes) =>
        bytes.Length == FloorBytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    internal void OnFloor(StoreEntry? entry)
    {
        Floor = entry is null ? 0 : DecodeFloor(entry.Value);
        FloorRevision = entry?.ModRevision ?? 0;
    }

    internal void OnFloor(ulong floor, long revision)
    {
        Floor = floor;
        FloorRevision = revision;
    }

    internal bool TryGet(LockName name, out LockResource resource) => _resources.TryGetValue(name, out resource!);

    internal void Forget(LockResource resource)
    {
        if (_resources.TryGetValue(resource.Name, out var known) && known == resource)
            _resources.Remove(resource.Name);
    }

    private static async Task<Result<LockHandle>> WithCancellation(Task<Result<LockHandle>> ended, LockRequest request, CancellationToken cancellation)
    {
        using var registration = cancellation.UnsafeRegister(static state => ((LockRequest)state!).Cancel(), request);
        return await ended.ConfigureAwait(false);
    }

    private LockResource ResourceOf(LockName name)
    {
        if (!_resources.TryGetValue(name, out var resource))
            _resources.Add(name, resource = new LockResource(this, name));
        return resource;
    }
}

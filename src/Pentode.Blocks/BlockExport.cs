using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pentode.Blocks.Guarded;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Uring;

namespace Pentode.Blocks;

/// <summary>
/// A named block device as servers see it: the one place that checks range, alignment, read-only and state, counts, and injects faults,
/// before a call reaches the <see cref="IBlockBackend"/>. Thread safe. Allocates nothing when the backend answers at once.
/// Errors: EINVAL outside the export for reads, trims, hints and extents, for negative or misaligned numbers; ENOSPC outside for writes and
/// zeroes; EPERM for changes of a read-only export; ESHUTDOWN after <see cref="DisposeAsync"/> began.
/// What a backend throws is in the returned task.
/// </summary>
public sealed class BlockExport : IAsyncDisposable
{
    /// <summary>Injects errors into reads.</summary>
    public static readonly FaultPoint ReadFault = new("blocks.read");

    /// <summary>Injects errors into writes.</summary>
    public static readonly FaultPoint WriteFault = new("blocks.write");

    /// <summary>Injects errors into flushes.</summary>
    public static readonly FaultPoint FlushFault = new("blocks.flush");

    /// <summary>Injects errors into zeroing.</summary>
    public static readonly FaultPoint ZeroFault = new("blocks.zero");

    /// <summary>Injects errors into trims.</summary>
    public static readonly FaultPoint TrimFault = new("blocks.trim");

    private const int StripeCount = 16;

    private readonly IBlockBackend _backend;
    private readonly BlockExportOptions _options;

    // One cache line pair per stripe, so that loops do not fight over the counters of a busy export.
    private readonly Stripe[] _stripes = new Stripe[StripeCount];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _closed;

    /// <summary>Offers <paramref name="backend"/>, which it owns from now on, as <paramref name="name"/>.</summary>
    public BlockExport(string name, IBlockBackend backend, BlockExportOptions? options = null)
    {
        Name = name;
        _options = options ?? new BlockExportOptions();
        _backend = _options.Guard is { } guard ? new GuardedBackend(backend, guard) : backend;
        IsReadOnly = _options.ReadOnly || backend.Info.IsReadOnly;
    }

    /// <summary>The name clients ask for.</summary>
    public string Name { get; }

    /// <summary>One line for people.</summary>
    public string Description => _options.Description;

    /// <summary>Size and abilities of the backend. Whether writes are taken is <see cref="IsReadOnly"/>.</summary>
    public BlockInfo Info => _backend.Info;

    /// <summary>True when the options or the backend refuse writes.</summary>
    public bool IsReadOnly { get; }

    /// <summary>False when writes are refused now: read-only, or without the right to write.</summary>
    public bool TakesWrites => !IsReadOnly && (_options.Guard is not { } guard || guard.Check() == Errno.None);

    /// <summary>Calls answered, refused ones included.</summary>
    public long Operations => Sum(static (in Stripe s) => Volatile.Read(in s.Operations));

    /// <summary>Bytes read with success.</summary>
    public long BytesRead => Sum(static (in Stripe s) => Volatile.Read(in s.BytesRead));

    /// <summary>Bytes written with success.</summary>
    public long BytesWritten => Sum(static (in Stripe s) => Volatile.Read(in s.BytesWritten));

    /// <summary>Calls answered with an error.</summary>
    public long Errors => Sum(static (in Stripe s) => Volatile.Read(in s.Errors));

    private delegate long StripeReader(in Stripe stripe);

    /// <inheritdoc cref="IBlockBackend.Read"/>
    public ValueTask<Errno> Read(Memory<byte> buffer, long offset)
    {
        var stripe = Enter();
        var error = Check(offset, buffer.Length, Errno.EINVAL);
        if (error == Errno.None)
            error = ReadFault.Check();
        if (error != Errno.None || buffer.Length == 0)
            return Done(stripe, error);
        try
        {
            return Track(_backend.Read(buffer, offset), stripe, buffer.Length, 0);
        }
        catch (Exception e)
        {
            return Fault(stripe, e);
        }
    }

    /// <summary>
    /// A read answered by naming where the bytes are: true, and counted as a read, when the backend has them in memory behind a descriptor.
    /// False for anything else, wrong ranges included: then <see cref="Read"/> tells what is wrong.
    /// </summary>
    public bool TryReadCached(long offset, int length, out CachedRange range)
    {
        range = default;
        if (length <= 0 || Check(offset, length, Errno.EINVAL) != Errno.None || ReadFault.IsArmed || !_backend.TryLocateCached(offset, length, out range))
            return false;
        _ = Track(default, Enter(), length, 0);
        return true;
    }

    /// <inheritdoc cref="IBlockBackend.Write"/>
    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua)
    {
        var stripe = Enter();
        var error = CheckChange(offset, buffer.Length, Errno.ENOSPC);
        if (error == Errno.None)
            error = WriteFault.Check();
        if (error != Errno.None || buffer.Length == 0)
            return Done(stripe, error);
        try
        {
            return Track(_backend.Write(buffer, offset, fua), stripe, 0, buffer.Length);
        }
        catch (Exception e)
        {
            return Fault(stripe, e);
        }
    }

    /// <inheritdoc cref="IBlockBackend.Flush"/>
    public ValueTask<Errno> Flush()
    {
        var stripe = Enter();
        var error = CheckOpen();
        if (error == Errno.None)
            error = FlushFault.Check();
        if (error != Errno.None)
            return Done(stripe, error);
        try
        {
            return Track(_backend.Flush(), stripe, 0, 0);
        }
        catch (Exception e)
        {
            return Fault(stripe, e);
        }
    }

    /// <inheritdoc cref="IBlockBackend.Zero"/>
    public ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags)
    {
        var stripe = Enter();
        var error = CheckChange(offset, length, Errno.ENOSPC);
        if (error == Errno.None && length > _options.MaxZeroLength)
            error = Errno.EINVAL;
        if (error == Errno.None && (flags & ZeroFlags.Fast) != 0 && !_backend.Info.CanFastZero)
            error = Errno.EOPNOTSUPP;
        if (error == Errno.None)
            error = ZeroFault.Check();
        if (error != Errno.None || length == 0)
            return Done(stripe, error);
        try
        {
            return Track(_backend.Zero(offset, length, flags), stripe, 0, 0);
        }
        catch (Exception e)
        {
            return Fault(stripe, e);
        }
    }

    /// <inheritdoc cref="IBlockBackend.Trim"/>
    public ValueTask<Errno> Trim(long offset, long length, bool fua)
    {
        var stripe = Enter();
        var error = CheckChange(offset, length, Errno.EINVAL);
        if (error == Errno.None)
            error = TrimFault.Check();
        if (error != Errno.None || length == 0 || !_backend.Info.CanTrim)
            return Done(stripe, error); // a trim is a hint: a backend that cannot has nothing to do, and nothing to make durable
        try
        {
            return Track(_backend.Trim(offset, length, fua), stripe, 0, 0);
        }
        catch (Exception e)
        {
            return Fault(stripe, e);
        }
    }

    /// <inheritdoc cref="IBlockBackend.Cache"/>
    public ValueTask<Errno> Cache(long offset, long length)
    {
        var stripe = Enter();
        var error = Check(offset, length, Errno.EINVAL);
        if (error != Errno.None || length == 0)
            return Done(stripe, error);
        try
        {
            return Track(_backend.Cache(offset, length), stripe, 0, 0);
        }
        catch (Exception e)
        {
            return Fault(stripe, e);
        }
    }

    /// <inheritdoc cref="IBlockBackend.Extents"/>
    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents)
    {
        var stripe = Enter();
        var error = Check(offset, length, Errno.EINVAL);
        if (error == Errno.None && maxExtents < 1)
            error = Errno.EINVAL;
        if (error != Errno.None || length == 0)
            return Done(stripe, error);
        try
        {
            return Track(_backend.Extents(offset, length, Math.Min(maxExtents, _options.MaxExtents), extents), stripe, 0, 0);
        }
        catch (Exception e)
        {
            return Fault(stripe, e);
        }
    }

    /// <summary>Refuses new calls, waits for those under way, then disposes the backend. More calls wait for the first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            await _disposed.Task.ConfigureAwait(false);
            return;
        }

        SignalIfDrained();
        await _drained.Task.ConfigureAwait(false);
        await _backend.DisposeAsync().ConfigureAwait(false);
        _disposed.TrySetResult();
    }

    private Errno CheckOpen() => Volatile.Read(ref _closed) != 0 ? Errno.ESHUTDOWN : Errno.None;

    private Errno CheckChange(long offset, long length, Errno beyondEnd) =>
        IsReadOnly && Volatile.Read(ref _closed) == 0 ? Errno.EPERM : Check(offset, length, beyondEnd);

    private Errno Check(long offset, long length, Errno beyondEnd)
    {
        if (Volatile.Read(ref _closed) != 0)
            return Errno.ESHUTDOWN;
        if ((offset | length) < 0)
            return Errno.EINVAL;
        var info = _backend.Info;
        if (offset > info.Size || length > info.Size - offset)
            return beyondEnd;
        return ((offset | length) & (info.MinimumBlock - 1)) != 0 ? Errno.EINVAL : Errno.None;
    }

    private int Enter()
    {
        // The full fence of the increment orders it before the look at _closed: either the call sees the close, or the close sees the call.
        var stripe = Environment.CurrentManagedThreadId & (StripeCount - 1);
        Interlocked.Increment(ref _stripes[stripe].InFlight);
        return stripe;
    }

    // A backend that throws instead of returning a task: its call ends too, else no dispose would.
    private ValueTask<Errno> Fault(int stripe, Exception error)
    {
        Leave(stripe, Errno.EIO, 0, 0);
        return ValueTask.FromException<Errno>(error);
    }

    private ValueTask<Errno> Done(int stripe, Errno error) => new(Leave(stripe, error, 0, 0));

    private ValueTask<Errno> Track(ValueTask<Errno> task, int stripe, long read, long written) =>
        task.IsCompletedSuccessfully ? new(Leave(stripe, task.Result, read, written)) : TrackSlow(task, stripe, read, written);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> TrackSlow(ValueTask<Errno> task, int stripe, long read, long written)
    {
        var error = Errno.EIO;
        try
        {
            error = await task.ConfigureAwait(false);
        }
        finally
        {
            Leave(stripe, error, read, written);
        }

        return error;
    }

    private Errno Leave(int stripe, Errno error, long read, long written)
    {
        ref var counters = ref _stripes[stripe];
        Interlocked.Increment(ref counters.Operations);
        if (error != Errno.None)
            Interlocked.Increment(ref counters.Errors);
        else if (read != 0)
            Interlocked.Add(ref counters.BytesRead, read);
        else if (written != 0)
            Interlocked.Add(ref counters.BytesWritten, written);

        Interlocked.Decrement(ref counters.InFlight);
        if (Volatile.Read(ref _closed) != 0)
            SignalIfDrained();
        return error;
    }

    private void SignalIfDrained()
    {
        // Calls that enter after the close leave again without touching the backend, so each stripe seen at 0 once is enough.
        for (var i = 0; i < StripeCount; i++)
        {
            if (Volatile.Read(ref _stripes[i].InFlight) != 0)
                return;
        }

        _drained.TrySetResult();
    }

    private long Sum(StripeReader reader)
    {
        var sum = 0L;
        for (var i = 0; i < StripeCount; i++)
            sum += reader(in _stripes[i]);
        return sum;
    }

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(0)]
        public long Operations;

        [FieldOffset(8)]
        public long BytesRead;

        [FieldOffset(16)]
        public long BytesWritten;

        [FieldOffset(24)]
        public long Errors;

        [FieldOffset(32)]
        public long InFlight;
    }
}

using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Uring;

namespace Pentode.Blocks.Guarded;

/// <summary>
/// Lets changes pass only while a guard holds, and proves it as late as user space can: on a worker thread, in the instruction before the
/// system call. A write queued in the ring would not do: the kernel's own workers would carry it out whenever the process, stopped in
/// between, is continued, however long the right has been gone. After the call the guard is asked once more, so that no change is
/// acknowledged that was made without the right. Reads pass as they are. What it cannot close is a thread stopped between the check and the
/// entry to the kernel for longer than the lock engine's margin (dead_ms - hold_ms); a lock with loss policy <c>kill</c> closes that too.
/// </summary>
public sealed class GuardedBackend(IBlockBackend inner, IWriteGuard guard) : IBlockBackend
{
    private const int NoWorker = -(int)Errno.EAGAIN;
    private static readonly Func<object?, int> s_run = static state =>
    {
        ((GuardedChange)state!).Run();
        return 0;
    };

    /// <inheritdoc/>
    public BlockInfo Info => inner.Info;

    /// <inheritdoc/>
    public ValueTask<Errno> Read(Memory<byte> buffer, long offset) => inner.Read(buffer, offset);

    /// <inheritdoc/>
    public bool TryLocateCached(long offset, int length, out CachedRange range) => inner.TryLocateCached(offset, length, out range);

    /// <inheritdoc/>
    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua) =>
        Change(new GuardedChange(inner, guard, GuardedChangeKind.Write, offset, buffer.Length) { Data = buffer, Durable = fua });

    /// <inheritdoc/>
    public ValueTask<Errno> Flush() => Change(new GuardedChange(inner, guard, GuardedChangeKind.Flush, 0, 0));

    /// <inheritdoc/>
    public ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags) =>
        Change(new GuardedChange(inner, guard, GuardedChangeKind.Zero, offset, length) { Flags = flags });

    /// <inheritdoc/>
    public ValueTask<Errno> Trim(long offset, long length, bool fua) =>
        Change(new GuardedChange(inner, guard, GuardedChangeKind.Trim, offset, length) { Durable = fua });

    /// <inheritdoc/>
    public ValueTask<Errno> Cache(long offset, long length) => inner.Cache(offset, length);

    /// <inheritdoc/>
    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents) => inner.Extents(offset, length, maxExtents, extents);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private ValueTask<Errno> Change(GuardedChange change)
    {
        if (guard.Check() is var early and not Errno.None)
            return new(early);
        return IoLoop.Current is { } loop ? OnWorker(loop, change) : new(RunHere(change));
    }

    private static Errno RunHere(GuardedChange change)
    {
        change.Run();
        return change.Outcome;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Errno> OnWorker(IoLoop loop, GuardedChange change)
    {
        int result;
        do
        {
            // All workers busy and their queue full: wait for one, so that nothing is done on the loop that may block it.
            result = await loop.RunBlockingAsync(s_run, change).ConfigureAwait(false);
            if (result == NoWorker)
                _ = await loop.DelayAsync(1).ConfigureAwait(false);
        }
        while (result == NoWorker && !change.HasRun);
        return change.HasRun ? change.Outcome : (Errno)(-result);
    }
}

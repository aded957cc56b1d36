using Pentode.Core;
using Pentode.Uring;

namespace Pentode.Blocks;

/// <summary>
/// What a block backend provides. Called only through <see cref="BlockExport"/>, which has checked range, state, read-only and capability:
/// arguments are valid. Called on loop threads (<c>IoLoop.Current</c> is the caller's loop), several calls at a time, from several loops.
/// Memory is pinned and stays valid until the returned task ends.
/// <para>
/// What awaits the returned task goes on where the task completes, and belongs to the caller's loop: complete it there. Loop operations do. A
/// method that awaits a <see cref="Task"/> (another thread, a client of another library) awaits without <c>ConfigureAwait(false)</c>, so that
/// the loop's synchronization context brings it back; what completes on a foreign thread without a context must be posted to the loop. Methods
/// that may run on every request take <see cref="System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder{TResult}"/>, and every task
/// is awaited once.
/// </para>
/// Errors are values; an exception is a bug, ends the connection that asked and is counted as EIO.
/// </summary>
public interface IBlockBackend : IAsyncDisposable
{
    /// <summary>Size, sizes of blocks and abilities; constant while open, except after a resize.</summary>
    BlockInfo Info { get; }

    /// <summary>Fills the buffer from <paramref name="offset"/>.</summary>
    ValueTask<Errno> Read(Memory<byte> buffer, long offset);

    /// <summary>Writes the buffer; with <paramref name="fua"/> returns after it is durable.</summary>
    ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua);

    /// <summary>Makes every write that has returned durable.</summary>
    ValueTask<Errno> Flush();

    /// <summary>Makes the range read as zero. EOPNOTSUPP with <see cref="ZeroFlags.Fast"/> when it would be no faster than writing; content then unchanged.</summary>
    ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags);

    /// <summary>The content of the range is no longer needed.</summary>
    ValueTask<Errno> Trim(long offset, long length, bool fua);

    /// <summary>Prefetches; a hint.</summary>
    ValueTask<Errno> Cache(long offset, long length);

    /// <summary>Appends consecutive extents from <paramref name="offset"/> on, at least one, at most <paramref name="maxExtents"/>, none past the end of the range; they may cover less than the range.</summary>
    ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents);

    /// <summary>
    /// True when the range is in memory behind a descriptor right now, so that its bytes can be sent from there without a copy and without
    /// waiting for a device. The descriptor stays open until the backend is disposed.
    /// </summary>
    bool TryLocateCached(long offset, int length, out CachedRange range)
    {
        range = default;
        return false;
    }
}

using Pentode.Blocks;
using Pentode.Core;
using Pentode.Uring;

namespace Pentode.Tests.Nbd;

/// <summary>Holds every call back until the gate is opened, and answers what it is told to.</summary>
internal sealed class GatedBackend(IBlockBackend inner) : IBlockBackend
{
    private int _waiting;

    public volatile bool IsOpen;

    /// <summary>What calls answer; None lets them through.</summary>
    public Errno Answer { get; set; }

    public Func<BlockInfo, BlockInfo> Describe { get; init; } = i => i;

    /// <summary>Calls held back now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public BlockInfo Info => Describe(inner.Info);

    public ValueTask<Errno> Read(Memory<byte> buffer, long offset) => Pass(() => inner.Read(buffer, offset));

    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua) => Pass(() => inner.Write(buffer, offset, fua));

    public ValueTask<Errno> Flush() => Pass(inner.Flush);

    public ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags) => Pass(() => inner.Zero(offset, length, flags));

    public ValueTask<Errno> Trim(long offset, long length, bool fua) => Pass(() => inner.Trim(offset, length, fua));

    public ValueTask<Errno> Cache(long offset, long length) => Pass(() => inner.Cache(offset, length));

    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents) =>
        Pass(() => inner.Extents(offset, length, maxExtents, extents));

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Pass(Func<ValueTask<Errno>> call)
    {
        Interlocked.Increment(ref _waiting);
        while (!IsOpen)
            await IoLoop.Current!.DelayAsync(1).ConfigureAwait(false);
        Interlocked.Decrement(ref _waiting);
        return Answer != Errno.None ? Answer : await call().ConfigureAwait(false);
    }
}

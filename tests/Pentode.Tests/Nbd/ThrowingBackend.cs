using Pentode.Blocks;
using Pentode.Core;

namespace Pentode.Tests.Nbd;

/// <summary>Throws from every call while told to: at once, or from the task it returned.</summary>
internal sealed class ThrowingBackend(IBlockBackend inner) : IBlockBackend
{
    public volatile bool Throws;

    public volatile bool IsLate;

    public BlockInfo Info => inner.Info;

    public ValueTask<Errno> Read(Memory<byte> buffer, long offset) => Throws ? Throw() : inner.Read(buffer, offset);

    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua) => Throws ? Throw() : inner.Write(buffer, offset, fua);

    public ValueTask<Errno> Flush() => Throws ? Throw() : inner.Flush();

    public ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags) => Throws ? Throw() : inner.Zero(offset, length, flags);

    public ValueTask<Errno> Trim(long offset, long length, bool fua) => Throws ? Throw() : inner.Trim(offset, length, fua);

    public ValueTask<Errno> Cache(long offset, long length) => Throws ? Throw() : inner.Cache(offset, length);

    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents) =>
        Throws ? Throw() : inner.Extents(offset, length, maxExtents, extents);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private ValueTask<Errno> Throw() => IsLate ? Later() : throw new InvalidOperationException("thrown by a test");

    private static async ValueTask<Errno> Later()
    {
        await Task.Delay(1);
        throw new InvalidOperationException("thrown by a test");
    }
}

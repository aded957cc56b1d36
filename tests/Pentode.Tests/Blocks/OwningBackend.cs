using Pentode.Blocks;
using Pentode.Core;

namespace Pentode.Tests.Blocks;

/// <summary>A backend that takes what it stands on away when it is disposed.</summary>
internal sealed class OwningBackend(IBlockBackend inner, params IDisposable[] below) : IBlockBackend
{
    public BlockInfo Info => inner.Info;

    public ValueTask<Errno> Read(Memory<byte> buffer, long offset) => inner.Read(buffer, offset);

    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua) => inner.Write(buffer, offset, fua);

    public ValueTask<Errno> Flush() => inner.Flush();

    public ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags) => inner.Zero(offset, length, flags);

    public ValueTask<Errno> Trim(long offset, long length, bool fua) => inner.Trim(offset, length, fua);

    public ValueTask<Errno> Cache(long offset, long length) => inner.Cache(offset, length);

    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents) =>
        inner.Extents(offset, length, maxExtents, extents);

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        foreach (var item in below)
            item.Dispose();
    }
}

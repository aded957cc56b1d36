using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Rings.Client.V2;

/// <summary>A sealed memfd, mapped here and registered with the server. Slices of it are rented and returned on the loop of its client.</summary>
public sealed unsafe class RingsRegion
{
    private readonly RegionAllocator _allocator;
    private byte* _base;

    private RingsRegion(byte* at, long size, int memory)
    {
        _base = at;
        Size = size;
        Memory = memory;
        _allocator = new RegionAllocator(size);
    }

    /// <summary>What the server calls it.</summary>
    public ushort Id { get; internal set; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    internal int Memory { get; private set; }

    /// <summary>A slice of at least 4096 bytes and of a power of two beneath, cut to <paramref name="length"/>; its length is 0 when there is no room.</summary>
    public RingsSlice Rent(int length)
    {
        var at = length > 0 ? _allocator.Rent(length) : -1;
        return at < 0 ? default : new RingsSlice(this, at, length);
    }

    internal static Result<RingsRegion> Create(long size)
    {
        if (size <= 0 || size % RegionAllocator.Smallest != 0)
            return Errno.EINVAL;
        var memory = SharedMemory.Create("pentode-rings", size);
        if (memory < 0)
            return (Errno)(-memory);
        var sealing = SharedMemory.AddSeals(memory, SharedMemory.SealShrink | SharedMemory.SealGrow | SharedMemory.SealSeal);
        var error = (Errno)(-Math.Min(0, sealing));
        var at = error == Errno.None ? SharedMemory.Map(memory, (nuint)size, isWritable: true, out error) : null;
        if (at != null)
            return new RingsRegion(at, size, memory);
        _ = FileCalls.Close(memory);
        return error;
    }

    internal Span<byte> At(long address, int length)
    {
        ObjectDisposedException.ThrowIf(_base == null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(address + length, Size);
        return new Span<byte>(_base + address, length);
    }

    internal byte* Pointer(long address) => _base + address;

    internal void Return(RingsSlice slice) => _allocator.Return(slice.Address, slice.Length);

    internal void CloseMemory()
    {
        if (Memory >= 0)
            _ = FileCalls.Close(Memory);
        Memory = -1;
    }

    internal void Dispose()
    {
        CloseMemory();
        if (_base == null)
            return;
        SharedMemory.Unmap(_base, (nuint)Size);
        _base = null;
    }
}

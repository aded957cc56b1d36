using System.Buffers;
using System.Runtime.InteropServices;

namespace Pentode.Core.Buffers;

/// <summary>
/// Page-aligned memory outside the managed heap, so the kernel may write to it at any time. Rented from a <see cref="BufferPool"/> and
/// given back with <see cref="Release"/> exactly once, only when no operation still uses it. Owned by one loop thread at a time.
/// </summary>
public sealed unsafe class NativeBuffer : MemoryManager<byte>
{
    private readonly BufferPool? _pool;
    private byte* _pointer;
    private bool _isRented;

    internal NativeBuffer(BufferPool? pool, int sizeClass, int capacity)
    {
        _pool = pool;
        SizeClass = sizeClass;
        Capacity = capacity;
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, 4096);
    }

    /// <summary>Bytes of memory behind this buffer.</summary>
    public int Capacity { get; }

    /// <summary>Address of the first byte; stable until released.</summary>
    public byte* Pointer => _pointer;

    internal int SizeClass { get; }

    /// <summary>A slice as <see cref="Memory{T}"/>; pinned by nature.</summary>
    public Memory<byte> Slice(int start, int length) => Memory.Slice(start, length);

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_pointer, Capacity);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_pointer + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>Gives the buffer back. A second call is a bug and throws.</summary>
    public void Release()
    {
        if (!_isRented)
            throw new InvalidOperationException("buffer released twice");
        _isRented = false;
        if (_pool is null)
            Free();
        else
            _pool.Return(this);
    }

    internal void MarkRented() => _isRented = true;

    internal void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}

using System.Numerics;

namespace Pentode.Core.Buffers;

/// <summary>
/// Pool of <see cref="NativeBuffer"/>s in power-of-two classes from 4 KiB to 128 MiB. Not thread safe: each loop owns one and only its
/// thread rents and releases. Keeps at most <c>keepBytes</c> idle per pool; larger surplus goes back to the system.
/// </summary>
public sealed class BufferPool : IDisposable
{
    private const int SmallestShift = 12;
    private const int ClassCount = 16;

    private readonly Stack<NativeBuffer>[] _idle = new Stack<NativeBuffer>[ClassCount];
    private readonly long _keepBytes;
    private long _idleBytes;
    private bool _isDisposed;

    /// <summary>Creates an empty pool that keeps at most <paramref name="keepBytes"/> idle.</summary>
    public BufferPool(long keepBytes = 64L << 20)
    {
        _keepBytes = keepBytes;
        for (var i = 0; i < ClassCount; i++)
            _idle[i] = new Stack<NativeBuffer>();
    }

    /// <summary>Largest size that can be rented, in bytes.</summary>
    public static int MaximumSize => 1 << (SmallestShift + ClassCount - 1);

    /// <summary>Bytes handed out and not yet released.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>Bytes kept for reuse.</summary>
    public long IdleBytes => _idleBytes;

    /// <summary>A buffer of at least <paramref name="size"/> bytes with undefined content.</summary>
    public NativeBuffer Rent(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaximumSize);
        var shift = Math.Max(SmallestShift, BitOperations.Log2((uint)Math.Max(size - 1, 1)) + 1);
        var sizeClass = shift - SmallestShift;
        if (_idle[sizeClass].TryPop(out var buffer))
            _idleBytes -= buffer.Capacity;
        else
            buffer = new NativeBuffer(this, sizeClass, 1 << shift);
        buffer.MarkRented();
        RentedBytes += buffer.Capacity;
        return buffer;
    }

    /// <summary>Frees the idle buffers; rented ones are freed when released.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var stack in _idle)
        {
            while (stack.TryPop(out var buffer))
                buffer.Free();
        }

        _idleBytes = 0;
    }

    internal void Return(NativeBuffer buffer)
    {
        RentedBytes -= buffer.Capacity;
        if (_isDisposed || _idleBytes + buffer.Capacity > _keepBytes)
        {
            buffer.Free();
            return;
        }

        _idleBytes += buffer.Capacity;
        _idle[buffer.SizeClass].Push(buffer);
    }
}

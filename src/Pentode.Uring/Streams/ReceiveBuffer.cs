using Pentode.Core.Buffers;

namespace Pentode.Uring.Streams;

/// <summary>A receive buffer that requests under way may keep alive.</summary>
public sealed class ReceiveBuffer(NativeBuffer memory)
{
    /// <summary>The bytes.</summary>
    public NativeBuffer Memory { get; } = memory;

    /// <summary>The stream and the requests that use it.</summary>
    public int References { get; private set; } = 1;

    /// <summary>One more user.</summary>
    public void Take() => References++;

    /// <summary>One user less; true when the memory went back to the pool.</summary>
    public bool Drop()
    {
        if (--References > 0)
            return false;
        Memory.Release();
        return true;
    }
}

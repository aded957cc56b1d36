using Pentode.Core.Buffers;

namespace Pentode.Nfs.Rpc;

/// <summary>A receive buffer that calls under way may keep alive.</summary>
internal sealed class ReceiveBuffer(NativeBuffer memory)
{
    public NativeBuffer Memory { get; } = memory;

    public int References { get; private set; } = 1;

    public void Take() => References++;

    /// <summary>True when the memory went back to the pool.</summary>
    public bool Drop()
    {
        if (--References > 0)
            return false;
        Memory.Release();
        return true;
    }
}

using Pentode.Linux;

namespace Pentode.Rings.Server.V2;

/// <summary>A mapped memory of a client.</summary>
internal sealed unsafe class EngineRegion(int slot)
{
    public const int SlotBits = 5;
    private const int MostGeneration = 0x7FF;

    public int Slot { get; } = slot;

    public byte* Base { get; private set; }

    public ulong Size { get; private set; }

    public bool IsWritable { get; private set; }

    public int Generation { get; private set; }

    /// <summary>Operations and rings that use it.</summary>
    public int Users { get; set; }

    public bool IsClosing { get; set; }

    public bool IsTaken => Base != null;

    /// <summary>What clients call it; never 0.</summary>
    public ushort Id => (ushort)((Generation << SlotBits) | (Slot + 1));

    public void Fill(byte* at, ulong size, bool isWritable)
    {
        Base = at;
        Size = size;
        IsWritable = isWritable;
        Generation = Generation >= MostGeneration - 1 ? 0 : Generation + 1;
    }

    /// <summary>True when so many bytes at that address lie inside.</summary>
    public bool Holds(ulong address, ulong length) => length <= Size && address <= Size - length;

    public void Free()
    {
        SharedMemory.Unmap(Base, (nuint)Size);
        Base = null;
        Size = 0;
        IsClosing = false;
    }
}

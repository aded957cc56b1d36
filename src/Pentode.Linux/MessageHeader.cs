using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>struct msghdr of 64-bit Linux (56 bytes).</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
public unsafe struct MessageHeader
{
    /// <summary>Address of the peer, or null.</summary>
    [FieldOffset(0)]
    public void* Name;

    /// <summary>Its length.</summary>
    [FieldOffset(8)]
    public uint NameLength;

    /// <summary>The parts.</summary>
    [FieldOffset(16)]
    public IoVector* Vectors;

    /// <summary>Count of parts.</summary>
    [FieldOffset(24)]
    public nuint VectorCount;

    /// <summary>Ancillary data, or null.</summary>
    [FieldOffset(32)]
    public void* Control;

    /// <summary>Its length.</summary>
    [FieldOffset(40)]
    public nuint ControlLength;

    /// <summary>Flags of a received message.</summary>
    [FieldOffset(48)]
    public int Flags;
}

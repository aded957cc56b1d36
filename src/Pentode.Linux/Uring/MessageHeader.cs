using System.Runtime.InteropServices;

namespace Pentode.Linux.Uring;

/// <summary>struct msghdr of 64-bit Linux (56 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MessageHeader
{
    /// <summary>Address of the peer, or 0.</summary>
    public nint Name;

    /// <summary>Its length.</summary>
    public ulong NameLength;

    /// <summary>The parts.</summary>
    public nint Vectors;

    /// <summary>Count of parts.</summary>
    public ulong VectorCount;

    /// <summary>Ancillary data, or 0.</summary>
    public nint Control;

    /// <summary>Its length.</summary>
    public ulong ControlLength;

    /// <summary>Flags of a received message.</summary>
    public ulong Flags;
}

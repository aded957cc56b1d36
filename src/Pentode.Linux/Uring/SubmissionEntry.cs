using System.Runtime.InteropServices;

namespace Pentode.Linux.Uring;

/// <summary>struct io_uring_sqe: one request to the kernel. Unused fields must be zero.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct SubmissionEntry
{
    /// <summary>Operation (<see cref="RingConstants"/>).</summary>
    [FieldOffset(0)]
    public byte Opcode;

    /// <summary>IOSQE flags.</summary>
    [FieldOffset(1)]
    public byte Flags;

    /// <summary>I/O priority, or flags of socket operations.</summary>
    [FieldOffset(2)]
    public ushort IoPriority;

    /// <summary>Descriptor.</summary>
    [FieldOffset(4)]
    public int Descriptor;

    /// <summary>File offset or second address.</summary>
    [FieldOffset(8)]
    public ulong Offset;

    /// <summary>Address.</summary>
    [FieldOffset(16)]
    public ulong Address;

    /// <summary>Length or count.</summary>
    [FieldOffset(24)]
    public uint Length;

    /// <summary>Flags of the operation.</summary>
    [FieldOffset(28)]
    public uint OperationFlags;

    /// <summary>Cookie given back with the completion.</summary>
    [FieldOffset(32)]
    public ulong UserData;

    /// <summary>Credentials to act with (io_uring_register(2), IORING_REGISTER_PERSONALITY); 0 for those of the thread that submits.</summary>
    [FieldOffset(42)]
    public ushort Personality;

    /// <summary>Second descriptor (splice), or slot of the file made.</summary>
    [FieldOffset(44)]
    public int SecondDescriptor;

    /// <summary>Third address: path of xattr, mask of futex.</summary>
    [FieldOffset(48)]
    public ulong Address3;
}

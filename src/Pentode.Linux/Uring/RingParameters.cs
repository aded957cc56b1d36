using System.Runtime.InteropServices;

namespace Pentode.Linux.Uring;

/// <summary>struct io_uring_params (linux/io_uring.h): in sizes and flags, out features and ring offsets.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
public struct RingParameters
{
    /// <summary>Submission entries the kernel made.</summary>
    [FieldOffset(0)]
    public uint SqEntries;

    /// <summary>Completion entries asked for and made.</summary>
    [FieldOffset(4)]
    public uint CqEntries;

    /// <summary>Set-up flags.</summary>
    [FieldOffset(8)]
    public uint Flags;

    /// <summary>Feature bits of the kernel.</summary>
    [FieldOffset(20)]
    public uint Features;

    /// <summary>Offset of the submission head.</summary>
    [FieldOffset(40)]
    public uint SqHead;

    /// <summary>Offset of the submission tail.</summary>
    [FieldOffset(44)]
    public uint SqTail;

    /// <summary>Offset of the submission mask.</summary>
    [FieldOffset(48)]
    public uint SqMask;

    /// <summary>Offset of the submission ring flags.</summary>
    [FieldOffset(56)]
    public uint SqFlags;

    /// <summary>Offset of the index array, when there is one.</summary>
    [FieldOffset(64)]
    public uint SqArray;

    /// <summary>Offset of the completion head.</summary>
    [FieldOffset(80)]
    public uint CqHead;

    /// <summary>Offset of the completion tail.</summary>
    [FieldOffset(84)]
    public uint CqTail;

    /// <summary>Offset of the completion mask.</summary>
    [FieldOffset(88)]
    public uint CqMask;

    /// <summary>Offset of the overflow count.</summary>
    [FieldOffset(96)]
    public uint CqOverflow;

    /// <summary>Offset of the completion entries.</summary>
    [FieldOffset(100)]
    public uint CqEntriesOffset;
}

using System.Runtime.InteropServices;

namespace Pentode.Linux.Uring;

/// <summary>struct io_uring_cqe: the result of one request.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct CompletionEntry
{
    /// <summary>Cookie of the request.</summary>
    [FieldOffset(0)]
    public ulong UserData;

    /// <summary>Result or negative errno.</summary>
    [FieldOffset(8)]
    public int Result;

    /// <summary>IORING_CQE_F bits.</summary>
    [FieldOffset(12)]
    public uint Flags;
}

using System.Runtime.InteropServices;

namespace Pentode.Rings.Wire.V2;

/// <summary>One operation, 64 bytes, in a message or in a shared ring. A copy is judged, never the memory of the other side.</summary>
/// <remarks><c>user_data[8] operation[1] flags[1] region[2] file[4] offset[8] address[8] length[4] op_flags[4] deadline[8] arg0[8] arg1[4] shots[4]</c></remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public record struct RingsSubmission
{
    /// <summary>Comes back with completions.</summary>
    public ulong UserData { get; set; }

    /// <summary>What to do.</summary>
    public RingsOperation Operation { get; set; }

    /// <summary>How.</summary>
    public RingsEntryFlags Flags { get; set; }

    /// <summary>Region of the data; 0 = inline.</summary>
    public ushort Region { get; set; }

    /// <summary>File; 0 = root; <see cref="RingsWire2.FileOfChain"/>.</summary>
    public uint File { get; set; }

    /// <summary>Offset in the file.</summary>
    public ulong Offset { get; set; }

    /// <summary>Address of the data.</summary>
    public ulong Address { get; set; }

    /// <summary>Length of the data.</summary>
    public uint Length { get; set; }

    /// <summary>Flags of the operation.</summary>
    public uint OperationFlags { get; set; }

    /// <summary>Nanoseconds from when it is taken; 0 = none.</summary>
    public ulong DeadlineNsec { get; set; }

    /// <summary>Argument.</summary>
    public ulong Argument0 { get; set; }

    /// <summary>Argument.</summary>
    public uint Argument1 { get; set; }

    /// <summary>Completions of a multishot operation.</summary>
    public uint Shots { get; set; }

    /// <summary>Reads exactly a record; false when it is too short or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsSubmission record)
    {
        record = data.Length == RingsWire2.SubmissionSize ? MemoryMarshal.Read<RingsSubmission>(data) : default;
        return data.Length == RingsWire2.SubmissionSize;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public readonly int Write(Span<byte> to)
    {
        var copy = this;
        return MemoryMarshal.TryWrite(to, copy) ? RingsWire2.SubmissionSize : 0;
    }
}

using System.Runtime.InteropServices;

namespace Pentode.Rings.Wire.V2;

/// <summary>How an operation went, 32 bytes, in a message or in a shared ring.</summary>
/// <remarks><c>user_data[8] result[4] flags[4] extra[8] payload_offset[4] payload_length[4]</c></remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public record struct RingsCompletionRecord
{
    /// <summary>Of the submission.</summary>
    public ulong UserData { get; set; }

    /// <summary>0 or more, or a negative errno.</summary>
    public int Result { get; set; }

    /// <summary>Flags.</summary>
    public RingsCompletionFlags Flags { get; set; }

    /// <summary>See the operation.</summary>
    public ulong Extra { get; set; }

    /// <summary>Payload, behind the records of the message.</summary>
    public uint PayloadOffset { get; set; }

    /// <summary>Its length.</summary>
    public uint PayloadLength { get; set; }

    /// <summary>Reads exactly a record; false when it is too short or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsCompletionRecord record)
    {
        record = data.Length == RingsWire2.CompletionSize ? MemoryMarshal.Read<RingsCompletionRecord>(data) : default;
        return data.Length == RingsWire2.CompletionSize;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public readonly int Write(Span<byte> to)
    {
        var copy = this;
        return MemoryMarshal.TryWrite(to, copy) ? RingsWire2.CompletionSize : 0;
    }
}

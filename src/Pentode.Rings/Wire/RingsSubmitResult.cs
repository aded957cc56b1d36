using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>Answer to a task, 16 bytes.</summary>
/// <remarks><c>task[8] res[4] credits[4]</c></remarks>
public readonly ref struct RingsSubmitResult
{
    /// <summary>Task id; 0 when refused.</summary>
    public ulong Task { get; init; }

    /// <summary>0 or a negative errno.</summary>
    public int Result { get; init; }

    /// <summary>Credits of all clients together left after this decision.</summary>
    public uint Credits { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsSubmitResult message)
    {
        var reader = new LittleEndianReader(data);
        message = new RingsSubmitResult
        {
            Task = reader.U64(),
            Result = (int)reader.U32(),
            Credits = reader.U32(),
        };
        return reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U64(Task);
        writer.U32((uint)Result);
        writer.U32(Credits);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}

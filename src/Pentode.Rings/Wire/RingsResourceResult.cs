using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>Answer to REGISTER_FD, REGISTER_BUFFER and RELEASE_RESOURCE, 16 bytes.</summary>
/// <remarks><c>resource[4] res[4] available[4] reserved[4]</c></remarks>
public readonly ref struct RingsResourceResult
{
    /// <summary>Resource id; 0 when refused.</summary>
    public uint Resource { get; init; }

    /// <summary>0 or a negative errno.</summary>
    public int Result { get; init; }

    /// <summary>Free slots of that type.</summary>
    public uint Available { get; init; }

    /// <summary>0.</summary>
    public uint Reserved { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsResourceResult message)
    {
        var reader = new LittleEndianReader(data);
        message = new RingsResourceResult
        {
            Resource = reader.U32(),
            Result = (int)reader.U32(),
            Available = reader.U32(),
            Reserved = reader.U32(),
        };
        return reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U32(Resource);
        writer.U32((uint)Result);
        writer.U32(Available);
        writer.U32(Reserved);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}

using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Data of an ERROR or ERROR_OFFSET chunk.</summary>
/// <remarks><c>error[4] length[2] text[length]</c>, with ERROR_OFFSET then <c>offset[8]</c></remarks>
public readonly ref struct NbdErrorChunk
{
    /// <summary>Error value, not 0.</summary>
    public uint Error { get; init; }

    /// <summary>Text for people; may be empty.</summary>
    public ReadOnlySpan<byte> Text { get; init; }

    /// <summary>ERROR_OFFSET: where it happened.</summary>
    public ulong Offset { get; init; }

    /// <summary>False when the lengths do not fit, the text is too long or the error is 0.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, bool hasOffset, out NbdErrorChunk chunk)
    {
        var reader = new BigEndianReader(data);
        var error = reader.U32();
        var text = reader.Bytes(reader.U16());
        chunk = new NbdErrorChunk { Error = error, Text = text, Offset = hasOffset ? reader.U64() : 0 };
        return reader.Done() && error != 0 && text.Length <= NbdWire.MaxString;
    }
}

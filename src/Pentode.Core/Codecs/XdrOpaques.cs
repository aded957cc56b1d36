namespace Pentode.Core.Codecs;

/// <summary>Opaque data as XDR has it (RFC 4506 sections 4.9 and 4.10): padded with zeroes to four bytes.</summary>
public static class XdrOpaques
{
    /// <summary>Variable-length opaque: length[4] and the bytes, not copied. Longer than <paramref name="maximum"/> counts as overrun.</summary>
    public static ReadOnlySpan<byte> Opaque(this scoped ref WireReader<BigEndian> reader, int maximum)
    {
        var length = reader.U32();
        if (length > (uint)maximum)
        {
            reader.Fail();
            return default;
        }

        return reader.FixedOpaque((int)length);
    }

    /// <summary>Fixed-length opaque, not copied.</summary>
    public static ReadOnlySpan<byte> FixedOpaque(this scoped ref WireReader<BigEndian> reader, int length)
    {
        var bytes = reader.Bytes(length);
        reader.Bytes(-length & 3);
        return reader.IsOverrun ? default : bytes;
    }

    /// <summary>Variable-length opaque: length[4] and the bytes.</summary>
    public static void Opaque(this scoped ref WireWriter<BigEndian> writer, ReadOnlySpan<byte> value)
    {
        writer.U32((uint)value.Length);
        writer.FixedOpaque(value);
    }

    /// <summary>Fixed-length opaque.</summary>
    public static void FixedOpaque(this scoped ref WireWriter<BigEndian> writer, ReadOnlySpan<byte> value)
    {
        writer.Bytes(value);
        writer.Zeroes(-value.Length & 3);
    }
}

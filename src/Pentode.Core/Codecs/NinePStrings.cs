namespace Pentode.Core.Codecs;

/// <summary>Strings as 9P has them: len[2], little endian, and that many bytes.</summary>
public static class NinePStrings
{
    /// <summary>The bytes of a string, not copied.</summary>
    public static ReadOnlySpan<byte> Str(this scoped ref WireReader<LittleEndian> reader) => reader.Bytes(reader.U16());

    /// <summary>A string; longer than 65535 bytes is an overrun.</summary>
    public static void Str(this scoped ref WireWriter<LittleEndian> writer, ReadOnlySpan<byte> value)
    {
        if (value.Length > ushort.MaxValue)
        {
            writer.Fail();
            return;
        }

        writer.U16((ushort)value.Length);
        writer.Bytes(value);
    }
}

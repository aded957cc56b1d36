using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pentode.Locks.Record;

/// <summary>Names one life of one node: eight bytes from the node's name and eight random ones. As text: 32 hexadecimal digits.</summary>
/// <param name="NodeHash">First eight bytes of SHA-256 of the node's name.</param>
/// <param name="Life">Random, different at each start.</param>
public readonly record struct SessionId(ulong NodeHash, ulong Life)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Bytes = 16;

    /// <summary>The session of a node with the given random part.</summary>
    public static SessionId Of(string node, ulong life) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(node))), life);

    /// <summary>Reads 16 bytes.</summary>
    public static SessionId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, NodeHash);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Life);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SessionId session)
    {
        session = default;
        if (text.Length != 2 * Bytes
            || !ulong.TryParse(text[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var node)
            || !ulong.TryParse(text[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var life))
        {
            return false;
        }

        session = new SessionId(node, life);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{NodeHash:x16}{Life:x16}";
}

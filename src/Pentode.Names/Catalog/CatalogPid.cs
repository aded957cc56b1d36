using System.Buffers.Binary;

namespace Pentode.Names.Catalog;

/// <summary>
/// External id of an object: 18 bytes, 2 of store number and 16 of a UUIDv7, shown as 36 upper-case hexadecimal digits (Chimera's form). The old
/// pnfs form of 24 digits is accepted, kept in the low 12 bytes, and shown in its own form when the high 6 bytes are zero and a lower one is not.
/// </summary>
/// <param name="High">First 2 bytes.</param>
/// <param name="Middle">Next 8 bytes.</param>
/// <param name="Low">Last 8 bytes.</param>
public readonly record struct CatalogPid(ushort High, ulong Middle, ulong Low)
{
    /// <summary>Bytes of the stored form.</summary>
    public const int Size = 18;

    /// <summary>Id of the root directory: all zero.</summary>
    public static CatalogPid Root => default;

    /// <summary>A new id of a store.</summary>
    public static CatalogPid Create(ushort store, DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        return new CatalogPid(store, BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }

    /// <summary>Reads 1 to 24 digits (padded with zeros on the left) or exactly 36; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> digits, out CatalogPid pid)
    {
        pid = default;
        if (digits.Length is 0 or (> 24 and not 36))
            return false;
        Span<byte> padded = stackalloc byte[36];
        padded.Fill((byte)'0');
        digits.CopyTo(padded[(36 - digits.Length)..]);
        Span<byte> bytes = stackalloc byte[Size];
        for (var i = 0; i < Size; i++)
        {
            var high = Digit(padded[2 * i]);
            var low = Digit(padded[(2 * i) + 1]);
            if ((high | low) < 0)
                return false;
            bytes[i] = (byte)((high << 4) | low);
        }

        pid = FromBytes(bytes);
        return true;
    }

    /// <summary>From the stored form.</summary>
    public static CatalogPid FromBytes(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt16BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[10..]));

    /// <summary>The stored form, 18 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(2), Middle);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(10), Low);
        return bytes;
    }

    /// <summary>36 or 24 upper-case hexadecimal digits.</summary>
    public override string ToString()
    {
        var digits = Convert.ToHexString(ToBytes());
        var isOldForm = High == 0 && Middle >> 32 == 0 && (Middle | Low) != 0;
        return isOldForm ? digits[12..] : digits;
    }

    private static int Digit(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => character - '0',
        >= (byte)'a' and <= (byte)'f' => character - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => character - 'A' + 10,
        _ => -1,
    };
}

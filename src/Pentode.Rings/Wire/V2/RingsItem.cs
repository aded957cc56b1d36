using System.Buffers.Binary;

namespace Pentode.Rings.Wire.V2;

/// <summary>An item of RELEASE (what: 1 file, 2 region) or of REPLY (a result, 0 or a negative errno), 8 bytes.</summary>
/// <remarks><c>value[4] id[4]</c></remarks>
/// <param name="Value">Kind or result.</param>
/// <param name="Id">File or region.</param>
public readonly record struct RingsItem(int Value, uint Id)
{
    /// <summary>RELEASE: a file.</summary>
    public const int File = 1;

    /// <summary>RELEASE: a region.</summary>
    public const int Region = 2;

    /// <summary>Reads exactly an item; false when it is too short or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsItem item)
    {
        item = default;
        if (data.Length != RingsWire2.ItemSize)
            return false;
        item = new RingsItem(BinaryPrimitives.ReadInt32LittleEndian(data), BinaryPrimitives.ReadUInt32LittleEndian(data[4..]));
        return true;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        if (to.Length < RingsWire2.ItemSize)
            return 0;
        BinaryPrimitives.WriteInt32LittleEndian(to, Value);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], Id);
        return RingsWire2.ItemSize;
    }
}

using System.Runtime.InteropServices;

namespace Pentode.Rings.Wire.V2;

/// <summary>A part of READV and WRITEV, 16 bytes.</summary>
/// <remarks><c>region[2] reserved[2] length[4] address[8]</c></remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public record struct RingsVector
{
    /// <summary>Region.</summary>
    public ushort Region { get; set; }

    /// <summary>0.</summary>
    public ushort Reserved { get; set; }

    /// <summary>Bytes.</summary>
    public uint Length { get; set; }

    /// <summary>Where they begin in the region.</summary>
    public ulong Address { get; set; }

    /// <summary>Reads exactly a vector; false when it is too short or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsVector vector)
    {
        vector = data.Length == RingsWire2.VectorSize ? MemoryMarshal.Read<RingsVector>(data) : default;
        return data.Length == RingsWire2.VectorSize;
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public readonly int Write(Span<byte> to)
    {
        var copy = this;
        return MemoryMarshal.TryWrite(to, copy) ? RingsWire2.VectorSize : 0;
    }
}

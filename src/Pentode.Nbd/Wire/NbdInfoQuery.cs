using System.Buffers.Binary;
using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Data of INFO and GO.</summary>
/// <remarks><c>name length[4] name count[2] count * type[2]</c></remarks>
public readonly ref struct NbdInfoQuery
{
    private readonly ReadOnlySpan<byte> _types;

    private NbdInfoQuery(ReadOnlySpan<byte> name, ReadOnlySpan<byte> types)
    {
        Name = name;
        _types = types;
    }

    /// <summary>Export name.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>True when that information was asked for.</summary>
    public bool Wants(NbdInfo type)
    {
        for (var i = 0; i + 2 <= _types.Length; i += 2)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(_types[i..]) == (ushort)type)
                return true;
        }

        return false;
    }

    /// <summary>False when the lengths do not fill the option exactly, the name is too long, or an information type is listed twice.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NbdInfoQuery query)
    {
        query = default;
        var reader = new BigEndianReader(data);
        var length = reader.U32();
        if (length > NbdWire.MaxString)
            return false;
        var name = reader.Bytes((int)length);
        var types = reader.Bytes(2 * reader.U16());
        if (!reader.Done() || HasRepeats(types))
            return false;
        query = new NbdInfoQuery(name, types);
        return true;
    }

    // One bit per possible type keeps the look at a list of any length linear.
    private static bool HasRepeats(ReadOnlySpan<byte> types)
    {
        Span<ulong> seen = stackalloc ulong[65536 / 64];
        for (var i = 0; i < types.Length; i += 2)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(types[i..]);
            var bit = 1UL << (type & 63);
            if ((seen[type >> 6] & bit) != 0)
                return true;
            seen[type >> 6] |= bit;
        }

        return false;
    }
}

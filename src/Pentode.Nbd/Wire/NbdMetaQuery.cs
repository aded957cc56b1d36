using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Data of LIST_META_CONTEXT and SET_META_CONTEXT.</summary>
/// <remarks><c>name length[4] name count[4] count * (length[4] query)</c></remarks>
public readonly ref struct NbdMetaQuery
{
    /// <summary>The only context served.</summary>
    public static ReadOnlySpan<byte> BaseAllocation => "base:allocation"u8;

    /// <summary>Export name.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Number of queries.</summary>
    public uint Count { get; init; }

    /// <summary>True when a query is exactly base:allocation.</summary>
    public bool HasAllocation { get; init; }

    /// <summary>True when a query is the wildcard base:.</summary>
    public bool HasBaseWildcard { get; init; }

    /// <summary>False when the lengths do not fill the option exactly or a string is too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NbdMetaQuery query)
    {
        query = default;
        var reader = new BigEndianReader(data);
        var length = reader.U32();
        if (length > NbdWire.MaxString)
            return false;
        var name = reader.Bytes((int)length);
        var count = reader.U32();
        var hasAllocation = false;
        var hasWildcard = false;
        // Every query takes at least its length word, which bounds the loop by what was received.
        for (var i = 0u; i < count && !reader.IsOverrun; i++)
        {
            var queryLength = reader.U32();
            if (queryLength > NbdWire.MaxString)
                return false;
            var text = reader.Bytes((int)queryLength);
            hasAllocation |= text.SequenceEqual(BaseAllocation);
            hasWildcard |= text.SequenceEqual("base:"u8);
        }

        if (!reader.Done())
            return false;
        query = new NbdMetaQuery { Name = name, Count = count, HasAllocation = hasAllocation, HasBaseWildcard = hasWildcard };
        return true;
    }
}

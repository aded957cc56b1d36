using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Data of one META_CONTEXT reply.</summary>
/// <remarks><c>id[4] name</c></remarks>
public readonly ref struct NbdContextReply
{
    /// <summary>Id used in BLOCK_STATUS chunks.</summary>
    public uint Id { get; init; }

    /// <summary>Name of the context.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>False when too short or the name is too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NbdContextReply reply)
    {
        var reader = new BigEndianReader(data);
        reply = new NbdContextReply { Id = reader.U32(), Name = reader.Rest() };
        return reader.Done() && reply.Name.Length <= NbdWire.MaxString;
    }
}

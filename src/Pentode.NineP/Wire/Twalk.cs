using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Twalk. Walk 0 to 16 names. Spans point into the frame.</summary>
/// <remarks>size[4] Twalk[1]=110 tag[2] fid[4] newfid[4] nwname[2] nwname*(name[s])</remarks>
public readonly ref struct Twalk : IWireMessage<Twalk>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Twalk;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>newfid of the message.</summary>
    public uint Newfid { get; init; }

    /// <summary>How many names follow.</summary>
    public ushort Count { get; init; }

    /// <summary>The names as on the wire: len[2] and bytes, Count times.</summary>
    public ReadOnlySpan<byte> Names { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4 + 2 + Names.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Twalk message)
    {
        var r = new LittleEndianReader(body);
        message = default;
        var fid = r.U32();
        var newfid = r.U32();
        var count = r.U16();
        if (r.IsOverrun || count > P9Limits.MaxWalkNames)
            return false;
        var start = r.Position;
        for (var i = 0; i < count; i++)
            _ = r.Str();
        if (!r.Done())
            return false;
        message = new Twalk { Fid = fid, Newfid = newfid, Count = count, Names = body[start..] };
        return true;
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U32(Newfid);
        writer.U16(Count);
        writer.Bytes(Names);
    }
}

using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Txattrwalk. Make newfid a snapshot of an extended attribute, or of the list of names. Spans point into the frame.</summary>
/// <remarks>size[4] Txattrwalk[1]=30 tag[2] fid[4] newfid[4] name[s]</remarks>
public readonly ref struct Txattrwalk : IWireMessage<Txattrwalk>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Txattrwalk;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>newfid of the message.</summary>
    public uint Newfid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 4 + 2 + Name.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Txattrwalk message)
    {
        var r = new LittleEndianReader(body);
        message = new Txattrwalk { Fid = r.U32(), Newfid = r.U32(), Name = r.Str() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.U32(Newfid);
        writer.Str(Name);
    }
}

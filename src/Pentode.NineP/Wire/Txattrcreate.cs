using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Txattrcreate. Turn a fid into the sink of an extended attribute. Spans point into the frame.</summary>
/// <remarks>size[4] Txattrcreate[1]=32 tag[2] fid[4] name[s] attr_size[8] flags[4]</remarks>
public readonly ref struct Txattrcreate : IWireMessage<Txattrcreate>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Txattrcreate;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>attr_size of the message.</summary>
    public ulong AttrSize { get; init; }

    /// <summary>flags of the message.</summary>
    public uint Flags { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Name.Length + 8 + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Txattrcreate message)
    {
        var r = new LittleEndianReader(body);
        message = new Txattrcreate { Fid = r.U32(), Name = r.Str(), AttrSize = r.U64(), Flags = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.Str(Name);
        writer.U64(AttrSize);
        writer.U32(Flags);
    }
}

using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tunlinkat. Remove a directory entry. Spans point into the frame.</summary>
/// <remarks>size[4] Tunlinkat[1]=76 tag[2] dirfid[4] name[s] flags[4]</remarks>
public readonly ref struct Tunlinkat : IWireMessage<Tunlinkat>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tunlinkat;

    /// <summary>dirfid of the message.</summary>
    public uint Dirfid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>flags of the message.</summary>
    public uint Flags { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Name.Length + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tunlinkat message)
    {
        var r = new LittleEndianReader(body);
        message = new Tunlinkat { Dirfid = r.U32(), Name = r.Str(), Flags = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Dirfid);
        writer.Str(Name);
        writer.U32(Flags);
    }
}

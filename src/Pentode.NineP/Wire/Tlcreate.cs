using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tlcreate. Create a regular file in a walked directory and open it. Spans point into the frame.</summary>
/// <remarks>size[4] Tlcreate[1]=14 tag[2] fid[4] name[s] flags[4] mode[4] gid[4]</remarks>
public readonly ref struct Tlcreate : IWireMessage<Tlcreate>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tlcreate;

    /// <summary>fid of the message.</summary>
    public uint Fid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>flags of the message.</summary>
    public uint Flags { get; init; }

    /// <summary>mode of the message.</summary>
    public uint Mode { get; init; }

    /// <summary>gid of the message.</summary>
    public uint Gid { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Name.Length + 4 + 4 + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tlcreate message)
    {
        var r = new LittleEndianReader(body);
        message = new Tlcreate { Fid = r.U32(), Name = r.Str(), Flags = r.U32(), Mode = r.U32(), Gid = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Fid);
        writer.Str(Name);
        writer.U32(Flags);
        writer.U32(Mode);
        writer.U32(Gid);
    }
}

using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tsymlink. Make a symbolic link. Spans point into the frame.</summary>
/// <remarks>size[4] Tsymlink[1]=16 tag[2] dfid[4] name[s] target[s] gid[4]</remarks>
public readonly ref struct Tsymlink : IWireMessage<Tsymlink>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tsymlink;

    /// <summary>dfid of the message.</summary>
    public uint Dfid { get; init; }

    /// <summary>name of the message.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>target of the message.</summary>
    public ReadOnlySpan<byte> Target { get; init; }

    /// <summary>gid of the message.</summary>
    public uint Gid { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Name.Length + 2 + Target.Length + 4;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tsymlink message)
    {
        var r = new LittleEndianReader(body);
        message = new Tsymlink { Dfid = r.U32(), Name = r.Str(), Target = r.Str(), Gid = r.U32() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Dfid);
        writer.Str(Name);
        writer.Str(Target);
        writer.U32(Gid);
    }
}

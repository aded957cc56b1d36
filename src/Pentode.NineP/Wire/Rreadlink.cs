using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Rreadlink. Answer to Treadlink. Spans point into the frame.</summary>
/// <remarks>size[4] Rreadlink[1]=23 tag[2] target[s]</remarks>
public readonly ref struct Rreadlink : IWireMessage<Rreadlink>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Rreadlink;

    /// <summary>target of the message.</summary>
    public ReadOnlySpan<byte> Target { get; init; }

    /// <inheritdoc/>
    public int Size => 2 + Target.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Rreadlink message)
    {
        var r = new LittleEndianReader(body);
        message = new Rreadlink { Target = r.Str() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.Str(Target);
    }
}

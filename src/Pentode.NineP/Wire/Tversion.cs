using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>9P2000.L Tversion. Start a session. Spans point into the frame.</summary>
/// <remarks>size[4] Tversion[1]=100 tag[2] msize[4] version[s]</remarks>
public readonly ref struct Tversion : IWireMessage<Tversion>
{
    /// <inheritdoc/>
    public static P9Type Type => P9Type.Tversion;

    /// <summary>msize of the message.</summary>
    public uint Msize { get; init; }

    /// <summary>version of the message.</summary>
    public ReadOnlySpan<byte> Version { get; init; }

    /// <inheritdoc/>
    public int Size => 4 + 2 + Version.Length;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> body, out Tversion message)
    {
        var r = new LittleEndianReader(body);
        message = new Tversion { Msize = r.U32(), Version = r.Str() };
        return r.Done();
    }

    /// <inheritdoc/>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U32(Msize);
        writer.Str(Version);
    }
}

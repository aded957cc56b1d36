using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>A 9P message body. Pure: no allocation, no exception.</summary>
/// <typeparam name="TSelf">The message.</typeparam>
public interface IWireMessage<TSelf>
    where TSelf : IWireMessage<TSelf>, allows ref struct
{
    /// <summary>Its type byte.</summary>
    static abstract P9Type Type { get; }

    /// <summary>Bytes of the body, without the 7 byte header.</summary>
    int Size { get; }

    /// <summary>Reads a body; false when it is short or something is left over.</summary>
    static abstract bool TryRead(ReadOnlySpan<byte> body, out TSelf message);

    /// <summary>Writes the body.</summary>
    void Write(ref LittleEndianWriter writer);
}

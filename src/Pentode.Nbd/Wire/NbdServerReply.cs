using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Data of one SERVER reply to LIST.</summary>
/// <remarks><c>name length[4] name description</c></remarks>
public readonly ref struct NbdServerReply
{
    /// <summary>Name of the export.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Text for people; may be empty.</summary>
    public ReadOnlySpan<byte> Description { get; init; }

    /// <summary>False when the lengths do not fit or a string is too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out NbdServerReply reply)
    {
        var reader = new BigEndianReader(data);
        var length = reader.U32();
        reply = default;
        if (length > NbdWire.MaxString)
            return false;
        reply = new NbdServerReply { Name = reader.Bytes((int)length), Description = reader.Rest() };
        return reader.Done() && reply.Description.Length <= NbdWire.MaxString;
    }
}

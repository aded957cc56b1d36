using System.Buffers.Binary;

namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>
/// gRPC's length-prefixed message (gRPC over HTTP/2): compressed flag 1 byte (0, we never ask for compression), length 4 bytes big-endian,
/// message.
/// </summary>
internal static class GrpcFrame
{
    /// <summary>Bytes before the message.</summary>
    public const int HeaderSize = 5;

    /// <summary>Largest message taken from a server: etcd's own limit on requests is 1.5 MiB, on answers 2 GiB; ours is this.</summary>
    public const int MaximumMessage = 64 << 20;

    /// <summary>The message with its prefix.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> message)
    {
        var frame = new byte[HeaderSize + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame.AsSpan(HeaderSize));
        return frame;
    }

    /// <summary>Length of the message behind a prefix of <see cref="HeaderSize"/> bytes; −1 when the prefix is not acceptable.</summary>
    public static int ReadLength(ReadOnlySpan<byte> prefix)
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return prefix[0] == 0 && length <= MaximumMessage ? (int)length : -1;
    }
}

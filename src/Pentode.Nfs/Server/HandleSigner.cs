using System.Buffers.Binary;
using System.Security.Cryptography;
using Pentode.Core.Buffers;
using Pentode.Files;

namespace Pentode.Nfs.Server;

/// <summary>
/// Signs file handles: the first 12 bytes of HMAC-SHA256 over what is before them. Remembers the signatures of handles made of late, since a listing asks
/// for hundreds at a time. Belongs to a loop.
/// </summary>
internal sealed class HandleSigner(byte[] key)
{
    private const int Remembered = 1 << 16;

    private readonly AgingTable<(ushort Export, NodeHandle Node), (ulong High, uint Low)> _known = new(Remembered);

    /// <summary>Writes the signature of a handle behind what it signs.</summary>
    public void Sign(Span<byte> handle, ushort export, NodeHandle node)
    {
        var signature = handle[FileHandle.SignedSize..];
        if (!_known.TryGet((export, node), out var known))
        {
            Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(key, handle[..FileHandle.SignedSize], full);
            known = (BinaryPrimitives.ReadUInt64BigEndian(full), BinaryPrimitives.ReadUInt32BigEndian(full[8..]));
            _known.Put((export, node), known);
        }

        BinaryPrimitives.WriteUInt64BigEndian(signature, known.High);
        BinaryPrimitives.WriteUInt32BigEndian(signature[8..], known.Low);
    }

    /// <summary>True when this server, or one with the same key, made it. In constant time, and from nothing that is remembered.</summary>
    public bool IsGenuine(ReadOnlySpan<byte> handle)
    {
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, handle[..FileHandle.SignedSize], full);
        return CryptographicOperations.FixedTimeEquals(full[..(FileHandle.Size - FileHandle.SignedSize)], handle[FileHandle.SignedSize..]);
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using Pentode.Files;

namespace Pentode.Nfs.Server;

/// <summary>
/// The 32 bytes clients know objects by, the same for all versions:
/// <code>format 1 &lt;&lt; 4 | kind | export id (2) | object (8) | operand (8) | first 12 bytes of HMAC-SHA256 over the 20 before</code>
/// Nothing is kept for it here: it outlives restarts, and no client can make one up.
/// </summary>
internal static class FileHandle
{
    public const int Size = 32;

    /// <summary>What the signature is over.</summary>
    public const int SignedSize = 20;

    private const byte Format = 0x10;

    /// <summary>Takes a handle apart; false when it has not the form. The signature is not checked.</summary>
    public static bool TryRead(ReadOnlySpan<byte> handle, out ushort export, out NodeHandle node)
    {
        if (handle.Length != Size || handle[0] != Format)
        {
            (export, node) = (0, default);
            return false;
        }

        export = BinaryPrimitives.ReadUInt16BigEndian(handle[2..]);
        node = new NodeHandle(handle[1], BinaryPrimitives.ReadUInt64BigEndian(handle[4..]), BinaryPrimitives.ReadUInt64BigEndian(handle[12..]));
        return true;
    }

    /// <summary>Makes a handle of 32 bytes.</summary>
    public static void Write(Span<byte> handle, ushort export, NodeHandle node, HandleSigner signer)
    {
        handle[0] = Format;
        handle[1] = node.Kind;
        BinaryPrimitives.WriteUInt16BigEndian(handle[2..], export);
        BinaryPrimitives.WriteUInt64BigEndian(handle[4..], node.Object);
        BinaryPrimitives.WriteUInt64BigEndian(handle[12..], node.Operand);
        signer.Sign(handle, export, node);
    }

    /// <summary>Compares handles in constant time: one that is known to be genuine makes the other so.</summary>
    public static bool AreEqual(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(one, other);
}

using System.Buffers.Binary;
using System.Net;

namespace Pentode.Nfs.Server;

/// <summary>What makes two calls of a client the same one sent twice.</summary>
/// <param name="Xid">Number the client gave it.</param>
/// <param name="Program">Program.</param>
/// <param name="Version">Version.</param>
/// <param name="Procedure">Procedure.</param>
/// <param name="Hash">Over user and arguments.</param>
internal readonly record struct ReplyKey(uint Xid, uint Program, uint Version, uint Procedure, ulong Hash)
{
    private const int Size = 24;

    /// <summary>
    /// The same for trees that keep it: <code>client's address without port (4 or 16) | xid (4) | program (4) | version (4) | procedure (4) | hash (8)</code>
    /// </summary>
    public byte[] ToBytes(IPAddress client)
    {
        var bytes = new byte[Size + 16];
        client.TryWriteBytes(bytes, out var length);
        var rest = bytes.AsSpan(length);
        BinaryPrimitives.WriteUInt32BigEndian(rest, Xid);
        BinaryPrimitives.WriteUInt32BigEndian(rest[4..], Program);
        BinaryPrimitives.WriteUInt32BigEndian(rest[8..], Version);
        BinaryPrimitives.WriteUInt32BigEndian(rest[12..], Procedure);
        BinaryPrimitives.WriteUInt64BigEndian(rest[16..], Hash);
        return bytes[..(length + Size)];
    }
}

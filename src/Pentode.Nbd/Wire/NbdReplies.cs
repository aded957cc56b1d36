using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Writers of everything the server sends in transmission. Each returns the bytes written.</summary>
public static class NbdReplies
{
    /// <summary><c>magic[4] error[4] cookie[8]</c></summary>
    public static int Simple(Span<byte> to, ulong cookie, NbdError error)
    {
        var writer = new BigEndianWriter(to);
        writer.U32(NbdWire.SimpleReplyMagic);
        writer.U32((uint)error);
        writer.U64(cookie);
        return writer.Position;
    }

    /// <summary><c>magic[4] flags[2] type[2] cookie[8] length[4]</c>, always the last chunk of its reply.</summary>
    public static int Chunk(Span<byte> to, ulong cookie, NbdReplyChunk type, uint length)
    {
        var writer = new BigEndianWriter(to);
        writer.U32(NbdWire.ChunkMagic);
        writer.U16(NbdWire.NBD_REPLY_FLAG_DONE);
        writer.U16((ushort)type);
        writer.U64(cookie);
        writer.U32(length);
        return writer.Position;
    }

    /// <summary>The 28 bytes before the data of a one-chunk READ reply.</summary>
    public static int OffsetData(Span<byte> to, ulong cookie, ulong offset, int length)
    {
        var head = Chunk(to, cookie, NbdReplyChunk.NBD_REPLY_TYPE_OFFSET_DATA, (uint)length + 8);
        var writer = new BigEndianWriter(to[head..]);
        writer.U64(offset);
        return head + writer.Position;
    }

    /// <summary>Error chunk: <c>error[4] length[2] text</c>.</summary>
    public static int Error(Span<byte> to, ulong cookie, NbdError error)
    {
        var text = NbdErrors.Text(error);
        var head = Chunk(to, cookie, NbdReplyChunk.NBD_REPLY_TYPE_ERROR, 6 + (uint)text.Length);
        var writer = new BigEndianWriter(to[head..]);
        writer.U32((uint)error);
        writer.U16((ushort)text.Length);
        writer.Bytes(text);
        return head + writer.Position;
    }
}

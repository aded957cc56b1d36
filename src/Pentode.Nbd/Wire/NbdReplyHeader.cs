using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Head of what a server sends in transmission: a simple reply of 16 bytes or a chunk of 20.</summary>
/// <remarks><c>0x67446698[4] error[4] cookie[8]</c> or <c>0x668e33ef[4] flags[2] type[2] cookie[8] length[4]</c></remarks>
public readonly ref struct NbdReplyHeader
{
    /// <summary>True for a chunk of a structured reply.</summary>
    public bool IsChunk { get; init; }

    /// <summary>Simple reply: error value, 0 for success.</summary>
    public uint Error { get; init; }

    /// <summary>Chunk: the last one of its reply.</summary>
    public bool IsDone { get; init; }

    /// <summary>Chunk: what it holds.</summary>
    public NbdReplyChunk Type { get; init; }

    /// <summary>The cookie of the request.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Chunk: bytes that follow.</summary>
    public uint Length { get; init; }

    /// <summary>Bytes of the head at the start of <paramref name="data"/>; 0 when more are needed, -1 when the magic is wrong.</summary>
    public static int TryRead(ReadOnlySpan<byte> data, out NbdReplyHeader header)
    {
        header = default;
        if (data.Length < NbdWire.SimpleReplySize)
            return 0;
        var reader = new BigEndianReader(data);
        switch (reader.U32())
        {
            case NbdWire.SimpleReplyMagic:
                header = new NbdReplyHeader { Error = reader.U32(), Cookie = reader.U64() };
                return NbdWire.SimpleReplySize;
            case NbdWire.ChunkMagic when data.Length < NbdWire.ChunkSize:
                return 0;
            case NbdWire.ChunkMagic:
                header = new NbdReplyHeader
                {
                    IsChunk = true,
                    IsDone = (reader.U16() & NbdWire.NBD_REPLY_FLAG_DONE) != 0,
                    Type = (NbdReplyChunk)reader.U16(),
                    Cookie = reader.U64(),
                    Length = reader.U32(),
                };
                return NbdWire.ChunkSize;
            default:
                return -1;
        }
    }
}

namespace Pentode.Nbd.Wire;

/// <summary>Magic numbers and sizes.</summary>
public static class NbdWire
{
    /// <summary>"NBDMAGIC".</summary>
    public const ulong InitPasswd = 0x4e42444d41474943;

    /// <summary>Second word of the oldstyle handshake.</summary>
    public const ulong OldStyleMagic = 0x0000420281861253;

    /// <summary>"IHAVEOPT".</summary>
    public const ulong IHaveOpt = 0x49484156454F5054;

    /// <summary>Start of an option reply.</summary>
    public const ulong OptionReplyMagic = 0x0003e889045565a9;

    /// <summary>Start of a request.</summary>
    public const uint RequestMagic = 0x25609513;

    /// <summary>Start of a simple reply.</summary>
    public const uint SimpleReplyMagic = 0x67446698;

    /// <summary>Start of a structured reply chunk.</summary>
    public const uint ChunkMagic = 0x668e33ef;

    /// <summary>Bytes of a request header.</summary>
    public const int RequestSize = 28;

    /// <summary>Bytes of a simple reply.</summary>
    public const int SimpleReplySize = 16;

    /// <summary>Bytes of a chunk header.</summary>
    public const int ChunkSize = 20;

    /// <summary>Bytes before the data of an OFFSET_DATA chunk.</summary>
    public const int OffsetDataHeadSize = ChunkSize + 8;

    /// <summary>Bytes of an option header.</summary>
    public const int OptionHeaderSize = 16;

    /// <summary>Bytes of an option reply header.</summary>
    public const int OptionReplyHeaderSize = 20;

    /// <summary>Bytes of the oldstyle handshake.</summary>
    public const int OldStyleSize = 152;

    /// <summary>Longest string in bytes.</summary>
    public const int MaxString = 4096;

    /// <summary>Chunk flag: last chunk of a reply.</summary>
    public const ushort NBD_REPLY_FLAG_DONE = 1;

    /// <summary>base:allocation: unallocated.</summary>
    public const uint NBD_STATE_HOLE = 1;

    /// <summary>base:allocation: reads as zero.</summary>
    public const uint NBD_STATE_ZERO = 2;
}

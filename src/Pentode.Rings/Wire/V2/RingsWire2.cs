namespace Pentode.Rings.Wire.V2;

/// <summary>Numbers of protocol 2 (docs/reference/rings-protocol-2.md): identification, sizes in bytes and limits. All integers are little-endian.</summary>
public static class RingsWire2
{
    /// <summary>"IOD2" as it stands on the wire, at the start of every message.</summary>
    public const uint Magic = 0x32444F49;

    /// <summary>Protocol and ABI major version.</summary>
    public const ushort Major = 2;

    /// <summary>Protocol and ABI minor version.</summary>
    public const ushort Minor = 0;

    /// <summary>Handshake: accepted.</summary>
    public const ushort StatusAccept = 0;

    /// <summary>Handshake: this version is not spoken.</summary>
    public const ushort StatusVersion = 1;

    /// <summary>Handshake: no room for another client.</summary>
    public const ushort StatusFull = 2;

    /// <summary>Size of the handshake result.</summary>
    public const int WelcomeSize = 96;

    /// <summary>Size of a message header.</summary>
    public const int HeaderSize = 16;

    /// <summary>Size of a submission record.</summary>
    public const int SubmissionSize = 64;

    /// <summary>Size of a completion record.</summary>
    public const int CompletionSize = 32;

    /// <summary>Size of a vector of READV and WRITEV.</summary>
    public const int VectorSize = 16;

    /// <summary>Size of the body of REGISTER_REGION.</summary>
    public const int RegionRequestSize = 16;

    /// <summary>Size of an item of RELEASE and of REPLY.</summary>
    public const int ItemSize = 8;

    /// <summary>Size of the body of SETUP_RING.</summary>
    public const int RingRequestSize = 24;

    /// <summary>Size of the body of STATS.</summary>
    public const int StatsSize = 464;

    /// <summary>Size of the body of GOODBYE.</summary>
    public const int GoodbyeSize = 8;

    /// <summary>Records in one message.</summary>
    public const int MaxBatch = 256;

    /// <summary>Bytes of a message with its header.</summary>
    public const int MaxMessage = 131072;

    /// <summary>Bytes of data of one operation inside messages.</summary>
    public const int MaxInline = 65536;

    /// <summary>Items of one RELEASE.</summary>
    public const int MaxReleases = 64;

    /// <summary>Descriptors of one REGISTER_FILES.</summary>
    public const int MaxDescriptors = 4;

    /// <summary>Descriptors that may wait for the message that takes them.</summary>
    public const int MaxWaitingDescriptors = 16;

    /// <summary>Records of one chain of links.</summary>
    public const int MaxChain = 64;

    /// <summary>Vectors of one operation.</summary>
    public const int MaxVectors = 64;

    /// <summary>Bytes of a path with its NUL.</summary>
    public const int MaxPath = 4096;

    /// <summary>Bytes of a socket address.</summary>
    public const int MaxAddress = 128;

    /// <summary>Bytes one operation may move: what read(2) moves at most.</summary>
    public const uint MaxTransfer = 0x7FFFF000;

    /// <summary>Entries of a shared ring.</summary>
    public const int MaxRingEntries = 4096;

    /// <summary>Bytes of the head of a shared ring.</summary>
    public const int RingHeadSize = 512;

    /// <summary>Regions begin and end at multiples of this.</summary>
    public const int RegionAlignment = 4096;

    /// <summary>Counts of a histogram.</summary>
    public const int HistogramCounts = 24;

    /// <summary>Size of struct statx.</summary>
    public const int StatxSize = 256;

    /// <summary>The file made by an earlier operation of the same chain.</summary>
    public const uint FileOfChain = 0xFFFFFFFF;

    /// <summary>Offset that means the position of the file itself.</summary>
    public const ulong CurrentPosition = ulong.MaxValue;

    /// <summary>Offsets inside the head of a shared ring.</summary>
    public const int RingSqHead = 0, RingSqTail = 64, RingCqHead = 128, RingCqTail = 192, RingServerFlags = 256, RingClientFlags = 320;

    /// <summary>server_flags: a client that publishes rings the doorbell.</summary>
    public const uint NeedDoorbell = 1;

    /// <summary>client_flags: a server that publishes writes the wake.</summary>
    public const uint WantWake = 1;

    /// <summary>Bytes of a shared ring of so many entries.</summary>
    public static long RingSize(int entries) => RingHeadSize + ((long)entries * (SubmissionSize + (2 * CompletionSize)));
}

namespace Pentode.Nbd.Wire;

/// <summary>What an export offers.</summary>
[Flags]
public enum NbdTransmissionFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Always set.</summary>
    NBD_FLAG_HAS_FLAGS = 0x0001,

    /// <summary>No writes.</summary>
    NBD_FLAG_READ_ONLY = 0x0002,

    /// <summary>FLUSH.</summary>
    NBD_FLAG_SEND_FLUSH = 0x0004,

    /// <summary>FUA.</summary>
    NBD_FLAG_SEND_FUA = 0x0008,

    /// <summary>A spinning disk.</summary>
    NBD_FLAG_ROTATIONAL = 0x0010,

    /// <summary>TRIM.</summary>
    NBD_FLAG_SEND_TRIM = 0x0020,

    /// <summary>WRITE_ZEROES and NO_HOLE.</summary>
    NBD_FLAG_SEND_WRITE_ZEROES = 0x0040,

    /// <summary>DF; with structured replies only.</summary>
    NBD_FLAG_SEND_DF = 0x0080,

    /// <summary>Coherent over connections.</summary>
    NBD_FLAG_CAN_MULTI_CONN = 0x0100,

    /// <summary>Draft.</summary>
    NBD_FLAG_SEND_RESIZE = 0x0200,

    /// <summary>CACHE.</summary>
    NBD_FLAG_SEND_CACHE = 0x0400,

    /// <summary>FAST_ZERO.</summary>
    NBD_FLAG_SEND_FAST_ZERO = 0x0800,

    /// <summary>Extended headers only.</summary>
    NBD_FLAG_BLOCK_STATUS_PAYLOAD = 0x1000,
}

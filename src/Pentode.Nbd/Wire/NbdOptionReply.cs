namespace Pentode.Nbd.Wire;

/// <summary>Reply types of the handshake; bit 31 marks errors.</summary>
public enum NbdOptionReply : uint
{
    /// <summary>Done.</summary>
    NBD_REP_ACK = 1,

    /// <summary>An export.</summary>
    NBD_REP_SERVER = 2,

    /// <summary>An information item.</summary>
    NBD_REP_INFO = 3,

    /// <summary>A metadata context.</summary>
    NBD_REP_META_CONTEXT = 4,

    /// <summary>Unknown option.</summary>
    NBD_REP_ERR_UNSUP = 0x80000001,

    /// <summary>Refused by configuration.</summary>
    NBD_REP_ERR_POLICY = 0x80000002,

    /// <summary>Malformed or out of sequence.</summary>
    NBD_REP_ERR_INVALID = 0x80000003,

    /// <summary>Not available here.</summary>
    NBD_REP_ERR_PLATFORM = 0x80000004,

    /// <summary>TLS first.</summary>
    NBD_REP_ERR_TLS_REQD = 0x80000005,

    /// <summary>No such export.</summary>
    NBD_REP_ERR_UNKNOWN = 0x80000006,

    /// <summary>Server is going away.</summary>
    NBD_REP_ERR_SHUTDOWN = 0x80000007,

    /// <summary>Client must ask for block sizes.</summary>
    NBD_REP_ERR_BLOCK_SIZE_REQD = 0x80000008,

    /// <summary>Too large.</summary>
    NBD_REP_ERR_TOO_BIG = 0x80000009,

    /// <summary>Extended headers needed.</summary>
    NBD_REP_ERR_EXT_HEADER_REQD = 0x8000000A,
}

namespace Pentode.Nbd.Wire;

/// <summary>Options of the handshake.</summary>
public enum NbdOption : uint
{
    /// <summary>Choose an export, no error possible.</summary>
    NBD_OPT_EXPORT_NAME = 1,

    /// <summary>End.</summary>
    NBD_OPT_ABORT = 2,

    /// <summary>List exports.</summary>
    NBD_OPT_LIST = 3,

    /// <summary>Withdrawn.</summary>
    NBD_OPT_PEEK_EXPORT = 4,

    /// <summary>Upgrade to TLS.</summary>
    NBD_OPT_STARTTLS = 5,

    /// <summary>Ask about an export.</summary>
    NBD_OPT_INFO = 6,

    /// <summary>Ask and start transmission.</summary>
    NBD_OPT_GO = 7,

    /// <summary>Turn structured replies on.</summary>
    NBD_OPT_STRUCTURED_REPLY = 8,

    /// <summary>List metadata contexts.</summary>
    NBD_OPT_LIST_META_CONTEXT = 9,

    /// <summary>Select metadata contexts.</summary>
    NBD_OPT_SET_META_CONTEXT = 10,

    /// <summary>64-bit headers.</summary>
    NBD_OPT_EXTENDED_HEADERS = 11,
}

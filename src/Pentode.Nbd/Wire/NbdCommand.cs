namespace Pentode.Nbd.Wire;

/// <summary>Request types; names as in the protocol document.</summary>
public enum NbdCommand : ushort
{
    /// <summary>Read bytes.</summary>
    NBD_CMD_READ = 0,

    /// <summary>Write the payload.</summary>
    NBD_CMD_WRITE = 1,

    /// <summary>Polite end; no reply.</summary>
    NBD_CMD_DISC = 2,

    /// <summary>Make answered writes durable.</summary>
    NBD_CMD_FLUSH = 3,

    /// <summary>Range no longer needed.</summary>
    NBD_CMD_TRIM = 4,

    /// <summary>Prefetch.</summary>
    NBD_CMD_CACHE = 5,

    /// <summary>Make the range read as zero.</summary>
    NBD_CMD_WRITE_ZEROES = 6,

    /// <summary>Ask for extents.</summary>
    NBD_CMD_BLOCK_STATUS = 7,

    /// <summary>Draft, not served.</summary>
    NBD_CMD_RESIZE = 8,
}

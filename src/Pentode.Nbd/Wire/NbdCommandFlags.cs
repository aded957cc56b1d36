namespace Pentode.Nbd.Wire;

/// <summary>Flags of a request.</summary>
[Flags]
public enum NbdCommandFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Answer only when durable.</summary>
    NBD_CMD_FLAG_FUA = 1,

    /// <summary>Keep allocated.</summary>
    NBD_CMD_FLAG_NO_HOLE = 2,

    /// <summary>Do not fragment.</summary>
    NBD_CMD_FLAG_DF = 4,

    /// <summary>One extent only.</summary>
    NBD_CMD_FLAG_REQ_ONE = 8,

    /// <summary>Fail rather than be slow.</summary>
    NBD_CMD_FLAG_FAST_ZERO = 16,

    /// <summary>Extended headers only.</summary>
    NBD_CMD_FLAG_PAYLOAD_LEN = 32,
}

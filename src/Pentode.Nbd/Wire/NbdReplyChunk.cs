namespace Pentode.Nbd.Wire;

/// <summary>Structured reply chunk types; bit 15 marks errors.</summary>
public enum NbdReplyChunk : ushort
{
    /// <summary>Empty, always last.</summary>
    NBD_REPLY_TYPE_NONE = 0,

    /// <summary>Data at an offset.</summary>
    NBD_REPLY_TYPE_OFFSET_DATA = 1,

    /// <summary>Zeroes at an offset.</summary>
    NBD_REPLY_TYPE_OFFSET_HOLE = 2,

    /// <summary>Extents.</summary>
    NBD_REPLY_TYPE_BLOCK_STATUS = 5,

    /// <summary>Error and text.</summary>
    NBD_REPLY_TYPE_ERROR = 0x8001,

    /// <summary>Error at an offset.</summary>
    NBD_REPLY_TYPE_ERROR_OFFSET = 0x8002,
}

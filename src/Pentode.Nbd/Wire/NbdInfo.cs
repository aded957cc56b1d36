namespace Pentode.Nbd.Wire;

/// <summary>Information types of INFO and GO.</summary>
public enum NbdInfo : ushort
{
    /// <summary>Size and transmission flags.</summary>
    NBD_INFO_EXPORT = 0,

    /// <summary>Canonical name.</summary>
    NBD_INFO_NAME = 1,

    /// <summary>Text for people.</summary>
    NBD_INFO_DESCRIPTION = 2,

    /// <summary>Block sizes.</summary>
    NBD_INFO_BLOCK_SIZE = 3,
}

namespace Pentode.NineP.Wire;

/// <summary>Constants of the protocol and limits of this implementation.</summary>
public static class P9Limits
{
    /// <summary>size[4] type[1] tag[2].</summary>
    public const int HeaderSize = 7;

    /// <summary>Names in one Twalk.</summary>
    public const int MaxWalkNames = 16;

    /// <summary>Smallest msize that is served.</summary>
    public const int MinimumMsize = 4096;

    /// <summary>Longest frame before Tversion.</summary>
    public const int HandshakeFrame = 8192;

    /// <summary>Header of Rread and Rreaddir with the count.</summary>
    public const int ReadHeaderSize = 11;

    /// <summary>What Linux takes off msize for the largest payload.</summary>
    public const int IoHeaderSize = 24;

    /// <summary>Largest value of an extended attribute (XATTR_SIZE_MAX).</summary>
    public const int MaxXattrSize = 65536;

    /// <summary>Longest target of a symbolic link.</summary>
    public const int MaxLinkTarget = 4096;

    /// <summary>Longest client_id of a lock.</summary>
    public const int MaxClientId = 1024;

    /// <summary>Tag of Tversion.</summary>
    public const ushort NoTag = 0xFFFF;

    /// <summary>No fid.</summary>
    public const uint NoFid = 0xFFFFFFFF;

    /// <summary>n_uname that means "use the string".</summary>
    public const uint NoUname = 0xFFFFFFFF;

    /// <summary>Flag of Tunlinkat: remove a directory.</summary>
    public const uint AtRemoveDir = 0x200;
}

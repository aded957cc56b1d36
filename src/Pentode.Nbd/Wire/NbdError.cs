namespace Pentode.Nbd.Wire;

/// <summary>Error values on the wire.</summary>
public enum NbdError : uint
{
    /// <summary>No error.</summary>
    NBD_SUCCESS = 0,

    /// <summary>Not permitted.</summary>
    NBD_EPERM = 1,

    /// <summary>Input/output error.</summary>
    NBD_EIO = 5,

    /// <summary>No memory.</summary>
    NBD_ENOMEM = 12,

    /// <summary>Invalid.</summary>
    NBD_EINVAL = 22,

    /// <summary>No space.</summary>
    NBD_ENOSPC = 28,

    /// <summary>Too large.</summary>
    NBD_EOVERFLOW = 75,

    /// <summary>Would not be fast.</summary>
    NBD_ENOTSUP = 95,

    /// <summary>Server is stopping.</summary>
    NBD_ESHUTDOWN = 108,
}

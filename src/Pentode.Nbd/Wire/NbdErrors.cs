using Pentode.Core;

namespace Pentode.Nbd.Wire;

/// <summary>The one table between <see cref="Errno"/> and the protocol's error values.</summary>
public static class NbdErrors
{
    /// <summary>
    /// The wire value; EINVAL stands for everything that has no value of its own. ENOTSUP may appear only as the answer to a FAST_ZERO request,
    /// so <paramref name="isFastZero"/> decides.
    /// </summary>
    public static NbdError ToWire(Errno error, bool isFastZero = false) => error switch
    {
        Errno.None => NbdError.NBD_SUCCESS,
        Errno.EPERM or Errno.EACCES or Errno.EROFS => NbdError.NBD_EPERM,

        // What the block layer and file systems say of a bad medium: target, medium, protection, none inserted, corrupt, bad checksum.
        Errno.EIO or Errno.EREMOTEIO or Errno.ENODATA or Errno.EILSEQ or Errno.ENOMEDIUM or Errno.EUCLEAN or Errno.EBADMSG => NbdError.NBD_EIO,
        Errno.ENOMEM => NbdError.NBD_ENOMEM,
        Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG => NbdError.NBD_ENOSPC,
        Errno.EOVERFLOW => NbdError.NBD_EOVERFLOW,
        Errno.EOPNOTSUPP when isFastZero => NbdError.NBD_ENOTSUP,
        Errno.ESHUTDOWN => NbdError.NBD_ESHUTDOWN,
        _ => NbdError.NBD_EINVAL,
    };

    /// <summary>What a client makes of a wire value; unknown values count as EINVAL.</summary>
    public static Errno FromWire(uint error) => (NbdError)error switch
    {
        NbdError.NBD_SUCCESS => Errno.None,
        NbdError.NBD_EPERM => Errno.EPERM,
        NbdError.NBD_EIO => Errno.EIO,
        NbdError.NBD_ENOMEM => Errno.ENOMEM,
        NbdError.NBD_ENOSPC => Errno.ENOSPC,
        NbdError.NBD_EOVERFLOW => Errno.EOVERFLOW,
        NbdError.NBD_ENOTSUP => Errno.EOPNOTSUPP,
        NbdError.NBD_ESHUTDOWN => Errno.ESHUTDOWN,
        _ => Errno.EINVAL,
    };

    /// <summary>One line for people, sent in error chunks.</summary>
    public static ReadOnlySpan<byte> Text(NbdError error) => error switch
    {
        NbdError.NBD_EPERM => "operation not permitted"u8,
        NbdError.NBD_EIO => "input/output error"u8,
        NbdError.NBD_ENOMEM => "out of memory"u8,
        NbdError.NBD_ENOSPC => "no space or write past the end"u8,
        NbdError.NBD_EOVERFLOW => "request too large"u8,
        NbdError.NBD_ENOTSUP => "zeroing would not be fast"u8,
        NbdError.NBD_ESHUTDOWN => "server is shutting down"u8,
        _ => "invalid request"u8,
    };
}

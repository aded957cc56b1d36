using Pentode.Core;

namespace Pentode.Daemon.Services;

/// <summary>Start-up errors for people.</summary>
public static class ErrnoText
{
    /// <summary>The error in words, with its name.</summary>
    public static string Describe(Errno error)
    {
        var words = error switch
        {
            Errno.ENOENT => "no such file or directory",
            Errno.EACCES => "permission denied",
            Errno.EPERM => "operation not permitted",
            Errno.EADDRINUSE => "address already in use",
            Errno.EADDRNOTAVAIL => "not an address of this host",
            Errno.ENOTDIR => "not a directory",
            Errno.EISDIR => "is a directory",
            Errno.EROFS => "read-only file system",
            Errno.EINVAL => "invalid argument",
            Errno.EBUSY => "in use",
            Errno.ENAMETOOLONG => "name too long",
            Errno.EMFILE or Errno.ENFILE => "too many open files",
            Errno.EAFNOSUPPORT => "address family not supported by this host",
            Errno.EFBIG => "file too large",
            Errno.ETXTBSY => "text file busy",
            Errno.EIO => "input/output error",
            Errno.ENOMEM => "out of memory",
            Errno.ELOOP => "too many symbolic links",
            Errno.ENODEV or Errno.ENXIO => "no such device",
            _ => "",
        };
        return words.Length == 0 ? error.ToString() : $"{words} ({error})";
    }
}

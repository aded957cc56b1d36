using Pentode.Core;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V3;

/// <summary>nfsstat3 (RFC 1813 section 2.6) for each errno.</summary>
internal static class Nfs3Status
{
    public const uint Ok = 0, Io = 5, Access = 13, Exist = 17, Invalid = 22, BadHandle = 10001, NotSync = 10002, BadCookie = 10003, NotSupported = 10004,
        TooSmall = 10005, ServerFault = 10006, BadType = 10007, Jukebox = 10008;

    /// <summary>The status; what has none of its own is an I/O error.</summary>
    public static uint Of(Errno error) => error switch
    {
        Errno.None => Ok,
        Errno.EPERM => 1,
        Errno.ENOENT => 2,
        Errno.ENXIO => 6,
        Errno.EACCES or Errno.EBUSY or Errno.ETXTBSY => Access,
        Errno.EEXIST => Exist,
        Errno.EXDEV => 18,
        Errno.ENODEV => 19,
        Errno.ENOTDIR => 20,
        Errno.EISDIR => 21,
        Errno.EINVAL or Errno.ELOOP or Errno.E2BIG or Errno.ERANGE or Errno.EOVERFLOW => Invalid,
        Errno.EFBIG => 27,
        Errno.ENOSPC => 28,
        Errno.EROFS => 30,
        Errno.EMLINK => 31,
        Errno.ENAMETOOLONG => 63,
        Errno.ENOTEMPTY => 66,
        Errno.EDQUOT => 69,
        Errno.ESTALE or Errno.EBADF => 70,
        Errno.EREMOTE => 71,
        Errno.EOPNOTSUPP or Errno.ENOSYS => NotSupported,
        // Not now: the client waits and asks again.
        Errno.EAGAIN or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ETIMEDOUT or Errno.EINTR => Jukebox,
        NfsErrors.BadHandle => BadHandle,
        NfsErrors.NotSync => NotSync,
        NfsErrors.BadCookie => BadCookie,
        NfsErrors.TooSmall => TooSmall,
        NfsErrors.BadType => BadType,
        _ => Io,
    };
}

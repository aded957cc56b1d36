using Pentode.Core;
using Pentode.Files;

namespace Pentode.Nfs.Server;

/// <summary>What names a client may give, and how others are refused.</summary>
internal static class NameRules
{
    /// <summary>A name to be made: "." and ".." are there already.</summary>
    public static Errno CheckNew(FileName name) => Check(name, Errno.EEXIST, Errno.EEXIST);

    /// <summary>A name to be removed.</summary>
    public static Errno CheckRemove(FileName name, bool isDirectory) => Check(name, Errno.EINVAL, isDirectory ? Errno.EEXIST : Errno.EISDIR);

    /// <summary>Names of a rename.</summary>
    public static Errno CheckRename(FileName from, FileName to) =>
        Check(from, Errno.EINVAL, Errno.EINVAL) is not Errno.None and var error ? error : Check(to, Errno.EINVAL, Errno.EINVAL);

    private static Errno Check(FileName name, Errno dot, Errno dotDot)
    {
        if (name.Bytes.Length > FileName.MaximumLength)
            return Errno.ENAMETOOLONG;
        return !name.IsValid ? Errno.EINVAL : name.IsDot ? dot : name.IsDotDot ? dotDot : Errno.None;
    }
}

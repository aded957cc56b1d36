using System.Runtime.InteropServices;
using Pentode.Core;

namespace Pentode.Daemon.Services;

/// <summary>Errors for people.</summary>
public static class ErrnoText
{
    /// <summary>The error in words, with its name: "no such file or directory (ENOENT)".</summary>
    public static string Describe(Errno error) => Enum.IsDefined(error) ? $"{Words(error)} ({error})" : $"error {(int)error}";

    // The C library's words, but for those that say less than they could.
    private static string Words(Errno error) => error switch
    {
        Errno.None => "success",
        Errno.EADDRNOTAVAIL => "not an address of this host",
        Errno.EAFNOSUPPORT => "address family not supported by this host",
        Errno.EBUSY => "in use",
        Errno.ENOMEM => "out of memory",
        Errno.ENAMETOOLONG => "name too long",
        Errno.ELOOP => "too many symbolic links",
        _ => InTheMiddle(Marshal.GetPInvokeErrorMessage((int)error)),
    };

    // It stands after a colon: without a capital, unless it begins with an abbreviation.
    private static string InTheMiddle(string text) =>
        text is [var first, var second, ..] && char.IsLower(second) ? char.ToLowerInvariant(first) + text[1..] : text;
}

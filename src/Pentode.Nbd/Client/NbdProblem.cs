using Pentode.Core;

namespace Pentode.Nbd.Client;

/// <summary>Why a connection could not be made or ended, for programs and for people.</summary>
/// <param name="Error">The error number: EPROTO when the server broke the protocol, ETIMEDOUT at a deadline, ENOENT for an unknown export.</param>
/// <param name="Message">One line; text of the server in it has no control characters.</param>
public sealed record NbdProblem(Errno Error, string Message)
{
    /// <summary>Text of a peer without control characters, at most 200 of them.</summary>
    internal static string Clean(ReadOnlySpan<byte> text)
    {
        var decoded = System.Text.Encoding.UTF8.GetString(text[..Math.Min(text.Length, 800)]);
        var clean = string.Concat(decoded.Select(c => char.IsControl(c) ? '?' : c)).Trim();
        return clean.Length <= 200 ? clean : clean[..200] + "...";
    }

    /// <summary>The usual errors of connecting in words, with their names.</summary>
    internal static string Words(Errno error) => error switch
    {
        Errno.ECONNREFUSED => "connection refused (ECONNREFUSED)",
        Errno.ENOENT => "no such socket (ENOENT)",
        Errno.EACCES => "permission denied (EACCES)",
        Errno.ECONNRESET => "connection reset (ECONNRESET)",
        Errno.EHOSTUNREACH => "host unreachable (EHOSTUNREACH)",
        Errno.ENETUNREACH => "network unreachable (ENETUNREACH)",
        Errno.ETIMEDOUT => "timed out (ETIMEDOUT)",
        Errno.ENOTSOCK => "not a socket (ENOTSOCK)",
        _ => error.ToString(),
    };
}

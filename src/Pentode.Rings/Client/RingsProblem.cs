using Pentode.Core;

namespace Pentode.Rings.Client;

/// <summary>Why a connection could not be made or ended, for programs and for people.</summary>
/// <param name="Error">EPROTO when the server broke the protocol, EPROTONOSUPPORT when it speaks another version, ETIMEDOUT at a deadline.</param>
/// <param name="Message">One line that names the socket.</param>
public sealed record RingsProblem(Errno Error, string Message)
{
    /// <summary>The usual errors of a connection in words, with their names.</summary>
    internal static string Words(Errno error) => error switch
    {
        Errno.ECONNREFUSED => "nobody listens there (ECONNREFUSED)",
        Errno.ENOENT => "no such socket (ENOENT)",
        Errno.EACCES => "permission denied (EACCES)",
        Errno.ECONNRESET => "connection reset (ECONNRESET)",
        Errno.EPIPE => "the server closed the connection (EPIPE)",
        Errno.EAGAIN => "its queue of connections is full (EAGAIN)",
        Errno.ENOTSOCK => "not a socket (ENOTSOCK)",
        Errno.ENAMETOOLONG => "a socket path has at most 107 bytes (ENAMETOOLONG)",
        _ => error.ToString(),
    };
}

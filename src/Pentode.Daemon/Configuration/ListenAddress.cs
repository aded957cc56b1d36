namespace Pentode.Daemon.Configuration;

/// <summary>Where to listen: a TCP address ("HOST:PORT", "[::1]:PORT") or a Unix socket ("unix:/path").</summary>
public sealed record ListenAddress
{
    private ListenAddress(string host, int port, string? unixPath)
    {
        Host = host;
        Port = port;
        UnixPath = unixPath;
    }

    /// <summary>Host name or address without brackets; empty for a Unix socket.</summary>
    public string Host { get; }

    /// <summary>TCP port; 0 lets the kernel choose.</summary>
    public int Port { get; }

    /// <summary>Path of the Unix socket, or null for TCP.</summary>
    public string? UnixPath { get; }

    /// <summary>A TCP address.</summary>
    public static ListenAddress Tcp(string host, int port) => new(host, port, null);

    /// <summary>A Unix socket.</summary>
    public static ListenAddress Unix(string path) => new("", 0, path);

    /// <summary>Parses the text form; on failure says what is wrong with it.</summary>
    public static bool TryParse(string text, out ListenAddress address, out string problem)
    {
        address = Tcp("", 0);
        problem = "";
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return TryParseUnix(text[5..], out address, out problem);
        var colon = text.LastIndexOf(':');
        if (colon <= 0)
        {
            problem = $"'{text}' is not an address: write HOST:PORT or unix:/path";
            return false;
        }

        var host = text[..colon];
        if (host is ['[', .. var inner, ']'])
            host = inner;
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            problem = $"'{text}': put an IPv6 address in brackets, as in [::1]:PORT";
            return false;
        }

        if (!ushort.TryParse(text[(colon + 1)..], System.Globalization.NumberStyles.None, null, out var port))
        {
            problem = $"'{text[(colon + 1)..]}' is not a port: 0 to 65535";
            return false;
        }

        address = Tcp(host, port);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        UnixPath is not null ? "unix " + UnixPath : Host.Contains(':', StringComparison.Ordinal) ? $"tcp [{Host}]:{Port}" : $"tcp {Host}:{Port}";

    private static bool TryParseUnix(string path, out ListenAddress address, out string problem)
    {
        address = Unix(path);
        problem = path.Length == 0 ? "unix: needs the path of a socket"
            : System.Text.Encoding.UTF8.GetByteCount(path) > 107 ? $"'{path}' is too long for a Unix socket: at most 107 bytes" : "";
        return problem.Length == 0;
    }
}

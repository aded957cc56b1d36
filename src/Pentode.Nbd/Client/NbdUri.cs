using System.Globalization;
using System.Text;

namespace Pentode.Nbd.Client;

/// <summary>
/// Address of an export as in the NBD project's doc/uri.md: <c>nbd://[user@]host[:port]/export</c> over TCP and
/// <c>nbd+unix:///export?socket=/path</c> over a Unix socket. The path without its first slash, percent-decoded, is the export name.
/// </summary>
public sealed record NbdUri
{
    /// <summary>Port of servers that name none.</summary>
    public const int DefaultPort = 10809;

    private NbdUri(string host, int port, string? socket, string export)
    {
        Host = host;
        Port = port;
        SocketPath = socket;
        ExportName = export;
    }

    /// <summary>Host name or address without brackets; empty for a Unix socket.</summary>
    public string Host { get; }

    /// <summary>TCP port.</summary>
    public int Port { get; }

    /// <summary>Path of the Unix socket ('@' in front: abstract), or null for TCP.</summary>
    public string? SocketPath { get; }

    /// <summary>Name of the export; empty is the server's default.</summary>
    public string ExportName { get; }

    /// <summary>A TCP address.</summary>
    public static NbdUri Tcp(string host, int port, string export = "") => new(host, port, null, export);

    /// <summary>A Unix socket.</summary>
    public static NbdUri Unix(string socket, string export = "") => new("", 0, socket, export);

    /// <summary>The same server, another export.</summary>
    public NbdUri WithExport(string export) => new(Host, Port, SocketPath, export);

    /// <summary>True when <paramref name="text"/> begins with a scheme of the family, understood or not; anything else is a path.</summary>
    public static bool LooksLikeUri(string text) =>
        text.IndexOf("://", StringComparison.Ordinal) is > 0 and var end && text[..end] is var scheme &&
        (scheme.StartsWith("nbd", StringComparison.OrdinalIgnoreCase));

    /// <summary>Parses; on failure <paramref name="problem"/> says what is wrong.</summary>
    public static bool TryParse(string text, out NbdUri uri, out string problem)
    {
        uri = Tcp("", DefaultPort);
        problem = "";
        var colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon <= 0)
            return Refuse($"'{text}' is not an NBD URI: write nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH", out problem);
        var scheme = text[..colon].ToLowerInvariant();
        if (scheme is "nbds" or "nbds+unix" or "nbds+vsock")
            return Refuse($"{scheme}:// requires TLS, which this client does not speak", out problem);
        if (scheme is not ("nbd" or "nbd+unix"))
            return Refuse($"{scheme}:// is not supported: use nbd:// or nbd+unix://", out problem);
        var rest = text[(colon + 3)..];
        if (rest.Contains('#', StringComparison.Ordinal))
            return Refuse("an NBD URI has no fragment: write %23 for '#'", out problem);
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : rest[(question + 1)..];
        if (question >= 0)
            rest = rest[..question];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        if (!TryDecode(slash < 0 ? "" : rest[(slash + 1)..], out var export))
            return Refuse("the export name has a bad percent escape", out problem);
        if (export.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(export) > Wire.NbdWire.MaxString)
            return Refuse($"the export name has a zero byte or more than {Wire.NbdWire.MaxString} bytes", out problem);
        if (!TryParseQuery(query, scheme, out var socket, out problem))
            return false;
        var at = authority.LastIndexOf('@');
        var server = at < 0 ? authority : authority[(at + 1)..];
        if (scheme == "nbd+unix")
        {
            if (server.Length > 0)
                return Refuse($"nbd+unix:// takes no host: write nbd+unix:///{export}?socket=PATH", out problem);
            if (socket is null)
                return Refuse("nbd+unix:// needs ?socket=PATH", out problem);
            uri = Unix(socket, export);
            return true;
        }

        if (!TryParseServer(server, out var host, out var port, out problem))
            return false;
        uri = Tcp(host, port, export);
        return true;
    }

    /// <summary>The URI in its usual form.</summary>
    public override string ToString()
    {
        var path = Uri.EscapeDataString(ExportName).Replace("%2F", "/", StringComparison.Ordinal);
        if (SocketPath is { } socket)
        {
            var plain = socket.StartsWith('@') ? "%00" + Uri.EscapeDataString(socket[1..]) : Uri.EscapeDataString(socket);
            return $"nbd+unix:///{path}?socket={plain.Replace("%2F", "/", StringComparison.Ordinal)}";
        }

        var host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        return Port == DefaultPort ? $"nbd://{host}/{path}" : string.Create(CultureInfo.InvariantCulture, $"nbd://{host}:{Port}/{path}");
    }

    private static bool TryParseServer(string server, out string host, out int port, out string problem)
    {
        problem = "";
        port = DefaultPort;
        host = server;
        var portText = "";
        if (server.StartsWith('['))
        {
            var close = server.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || (close + 1 < server.Length && server[close + 1] != ':'))
                return Refuse($"'{server}': an IPv6 address is written [ADDRESS] or [ADDRESS]:PORT", out problem);
            host = server[1..close];
            portText = close + 1 < server.Length ? server[(close + 2)..] : "";
            if (!System.Net.IPAddress.TryParse(host, out _) || !host.Contains(':', StringComparison.Ordinal))
                return Refuse($"'{host}' is not an IPv6 address", out problem);
        }
        else if (server.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon)
        {
            host = server[..colon];
            portText = server[(colon + 1)..];
        }

        if (!TryDecode(host, out host) || host.Any(char.IsControl))
            return Refuse("the host has a bad percent escape", out problem);
        if (host.Length == 0)
            host = "localhost";
        if (portText.Length > 0 && (!ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || (port = number) == 0))
            return Refuse($"'{portText}' is not a port: 1 to 65535", out problem);
        return true;
    }

    private static bool TryParseQuery(string query, string scheme, out string? socket, out string problem)
    {
        socket = null;
        problem = "";
        foreach (var pair in query.Split(['&', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? pair : pair[..equals];
            if (!TryDecode(equals < 0 ? "" : pair[(equals + 1)..], out var value))
                return Refuse($"parameter '{key}' has a bad percent escape", out problem);
            switch (key.ToLowerInvariant())
            {
                case "socket" when scheme != "nbd+unix":
                    return Refuse("socket= belongs to nbd+unix://", out problem);
                case "socket" when socket is not null:
                    return Refuse("socket= is given twice", out problem);
                case "socket":
                    if (!TrySocket(value, out socket, out problem))
                        return false;
                    break;

                // Without TLS these have nothing to say; the schemes nbd and nbd+unix leave TLS to choice.
                case "tls-type" or "tls-hostname" or "tls-verify-peer" or "tls-certificates" or "tls-psk-file" or "tls-username":
                case var name when name.StartsWith("x-", StringComparison.Ordinal):
                    break;
                default:
                    return Refuse($"unknown parameter '{key}'", out problem);
            }
        }

        return true;
    }

    private static bool TrySocket(string value, out string? socket, out string problem)
    {
        problem = "";

        // An at sign is how this program spells the zero byte of the abstract namespace, so a path that begins with one gets a prefix.
        socket = value.StartsWith('\0') ? "@" + value[1..] : value.StartsWith('@') ? "./" + value : value;
        if (value.Length == 0 || socket.AsSpan(1).Contains('\0'))
            return Refuse("socket= needs the path of a Unix socket", out problem);
        return Encoding.UTF8.GetByteCount(socket) <= 107 || Refuse("the path of the socket is longer than 107 bytes", out problem);
    }

    private static bool TryDecode(string text, out string decoded)
    {
        decoded = text;
        if (!text.Contains('%', StringComparison.Ordinal))
            return true;
        var bytes = new List<byte>(text.Length);
        var source = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] != '%')
            {
                bytes.Add(source[i]);
                continue;
            }

            if (i + 2 >= source.Length || !char.IsAsciiHexDigit((char)source[i + 1]) || !char.IsAsciiHexDigit((char)source[i + 2]))
                return false;
            bytes.Add(byte.Parse(Encoding.ASCII.GetString(source, i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            i += 2;
        }

        try
        {
            decoded = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool Refuse(string text, out string problem)
    {
        problem = text;
        return false;
    }
}

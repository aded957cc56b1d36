using System.Globalization;
using System.Text;

namespace Pentode.NineP.Client;

/// <summary>
/// Where a tree and a path in it are: <c>9p://[USER@]HOST[:PORT]/PATH[?OPTIONS]</c> or <c>9p+unix:///PATH?socket=SOCKET[&amp;OPTIONS]</c>. Options:
/// <c>aname</c> the export (PATH is then below it; without it the longest prefix of PATH that the server lets us attach is taken),
/// <c>uname</c> and <c>uid</c> who attaches, <c>msize</c> the largest frame in bytes. In PATH, <c>%</c>XX is a byte, so any name can be written;
/// <c>?</c> and <c>%</c> must be.
/// </summary>
public sealed record NinePUri
{
    /// <summary>Port of 9pfs at IANA.</summary>
    public const int DefaultPort = 564;

    private const string TcpScheme = "9p://";
    private const string UnixScheme = "9p+unix://";

    private NinePUri(string text)
    {
        Text = text;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Host name or address literal without brackets; empty for a Unix socket.</summary>
    public string Host { get; private init; } = "";

    /// <summary>TCP port.</summary>
    public int Port { get; private init; } = DefaultPort;

    /// <summary>Path of the Unix socket, or null.</summary>
    public string? Socket { get; private init; }

    /// <summary>User to attach as, by name; null: whoever runs this.</summary>
    public string? UserName { get; private init; }

    /// <summary>User to attach as, by number.</summary>
    public uint? Uid { get; private init; }

    /// <summary>The export asked for; null: to be found.</summary>
    public byte[]? AttachName { get; private init; }

    /// <summary>Names of the path: never empty, "." or "..", without slash and NUL.</summary>
    public IReadOnlyList<byte[]> Path { get; private init; } = [];

    /// <summary>Largest frame to ask for, or null.</summary>
    public int? Msize { get; private init; }

    /// <summary>True when a text means a URI of this kind and not a local path.</summary>
    public static bool IsUri(string text) =>
        text.StartsWith(TcpScheme, StringComparison.OrdinalIgnoreCase) || text.StartsWith(UnixScheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a URI; false with a sentence about what is wrong.</summary>
    public static bool TryParse(string text, out NinePUri uri, out string problem)
    {
        uri = new NinePUri(text);
        problem = "";
        if (!IsUri(text))
        {
            problem = $"'{text}' is not a 9P URI: 9p://HOST[:PORT]/PATH or 9p+unix:///PATH?socket=SOCKET";
            return false;
        }

        var isUnix = !text.StartsWith(TcpScheme, StringComparison.OrdinalIgnoreCase);
        var rest = text[(isUnix ? UnixScheme.Length : TcpScheme.Length)..];
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : rest[(question + 1)..];
        rest = question < 0 ? rest : rest[..question];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        return ReadAuthority(authority, isUnix, ref uri, out problem)
            && ReadPath(slash < 0 ? "" : rest[slash..], ref uri, out problem)
            && ReadQuery(query, ref uri, out problem)
            && Check(uri, isUnix, out problem);
    }

    private static bool ReadAuthority(string authority, bool isUnix, ref NinePUri uri, out string problem)
    {
        problem = "";
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            if (!TryDecode(authority[..at], out var user) || user.Length == 0)
                return Wrong("the user before '@' is empty or not well written", out problem);
            uri = uri with { UserName = Encoding.UTF8.GetString(user) };
            authority = authority[(at + 1)..];
        }

        if (isUnix)
            return authority.Length == 0 || Wrong($"'{authority}': a 9p+unix URI has no host; write 9p+unix:///PATH?socket=SOCKET", out problem);
        var host = authority;
        var colon = authority.LastIndexOf(':');
        if (authority.StartsWith('['))
        {
            var end = authority.IndexOf(']', StringComparison.Ordinal);
            if (end < 0)
                return Wrong("a ']' is missing after the IPv6 address", out problem);
            host = authority[1..end];
            colon = end + 1 < authority.Length ? end + 1 : -1;
            if (colon > 0 && authority[colon] != ':')
                return Wrong($"'{authority[colon..]}' after the IPv6 address", out problem);
        }
        else if (colon >= 0)
        {
            host = authority[..colon];
        }

        if (host.Length == 0)
            return Wrong("the host is missing", out problem);
        uri = uri with { Host = host };
        if (colon < 0)
            return true;
        if (!ushort.TryParse(authority[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            return Wrong($"'{authority[(colon + 1)..]}' is not a port", out problem);
        uri = uri with { Port = port };
        return true;
    }

    private static bool ReadPath(string path, ref NinePUri uri, out string problem)
    {
        problem = "";
        var names = new List<byte[]>();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryDecode(part, out var name))
                return Wrong($"'{part}': '%' is followed by two hexadecimal digits; write %25 for the character itself", out problem);
            if (name.AsSpan().SequenceEqual("."u8))
                continue;
            if (name.AsSpan().SequenceEqual(".."u8) || name.AsSpan().IndexOfAny((byte)'/', (byte)0) >= 0)
                return Wrong($"'{part}' cannot be part of a path", out problem);
            names.Add(name);
        }

        uri = uri with { Path = names };
        return true;
    }

    private static bool ReadQuery(string query, ref NinePUri uri, out string problem)
    {
        problem = "";
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? pair : pair[..equals];
            if (!TryDecode(equals < 0 ? "" : pair[(equals + 1)..], out var bytes))
                return Wrong($"'{pair}': '%' is followed by two hexadecimal digits", out problem);
            var value = Encoding.UTF8.GetString(bytes);
            switch (key)
            {
                case "aname":
                    uri = uri with { AttachName = bytes };
                    break;
                case "socket" when value.Length > 0:
                    uri = uri with { Socket = value };
                    break;
                case "uname" when value.Length > 0:
                    uri = uri with { UserName = value };
                    break;
                case "uid" when uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) && uid != uint.MaxValue:
                    uri = uri with { Uid = uid };
                    break;
                case "msize" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var msize) && msize is >= 4096 and <= 1 << 20:
                    uri = uri with { Msize = msize };
                    break;
                case "msize":
                    return Wrong($"msize '{value}' is not from 4096 to 1048576", out problem);
                case "socket" or "uname" or "uid":
                    return Wrong($"'{value}' is no value for {key}", out problem);
                default:
                    return Wrong($"unknown option '{key}': aname, uname, uid, msize or socket", out problem);
            }
        }

        return true;
    }

    private static bool Check(NinePUri uri, bool isUnix, out string problem)
    {
        problem = "";
        if (isUnix && uri.Socket is null)
            return Wrong("a 9p+unix URI needs ?socket=SOCKET", out problem);
        return isUnix || uri.Socket is null || Wrong("socket= belongs to 9p+unix URIs", out problem);
    }

    private static bool TryDecode(string text, out byte[] bytes)
    {
        var raw = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != (byte)'%')
            {
                raw[length++] = raw[i];
                continue;
            }

            if (i + 2 >= raw.Length || !char.IsAsciiHexDigit((char)raw[i + 1]) || !char.IsAsciiHexDigit((char)raw[i + 2]))
            {
                bytes = [];
                return false;
            }

            raw[length++] = byte.Parse([(char)raw[i + 1], (char)raw[i + 2]], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            i += 2;
        }

        bytes = raw[..length];
        return true;
    }

    private static bool Wrong(string what, out string problem)
    {
        problem = what;
        return false;
    }
}

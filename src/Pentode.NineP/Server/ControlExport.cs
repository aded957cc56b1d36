using System.Globalization;
using System.Text;
using Pentode.Files;
using Pentode.Files.Control;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>
/// The export <c>ctl</c>: what the server is doing, as files in the formats of diod, which its tools read (diodcat, diodshowmount, dioddate,
/// dtop), and zero and null files to load it with (diodload).
/// </summary>
public sealed class ControlExport
{
    /// <summary>Its attach name.</summary>
    public const string AttachName = "ctl";

    private const int SlowMs = 100;

    /// <summary>The order of dtop.</summary>
    private static readonly P9Type[] s_counted =
    [
        P9Type.Tstatfs, P9Type.Tlopen, P9Type.Tlcreate, P9Type.Tsymlink, P9Type.Tmknod, P9Type.Trename, P9Type.Treadlink, P9Type.Tgetattr, P9Type.Tsetattr,
        P9Type.Txattrwalk, P9Type.Txattrcreate, P9Type.Treaddir, P9Type.Tfsync, P9Type.Tlock, P9Type.Tgetlock, P9Type.Tlink, P9Type.Tmkdir, P9Type.Tversion,
        P9Type.Tauth, P9Type.Tattach, P9Type.Tflush, P9Type.Twalk, P9Type.Tread, P9Type.Twrite, P9Type.Tclunk, P9Type.Tremove,
    ];

    private readonly TimeProvider _clock;
    private readonly string _version;
    private NinePServer? _server;

    /// <summary>An export that tells about the server it is given to with <see cref="Watch"/>; until then it has no connections and exports.</summary>
    public ControlExport(string version, TimeProvider? clock = null)
    {
        _version = version;
        _clock = clock ?? TimeProvider.System;
        var tree = new ControlTree(
            [
                new ControlFile { Name = "version", Content = () => Text($"pentode-{_version}\n") },
                new ControlFile { Name = "date", Content = () => Text(Date()) },
                new ControlFile { Name = "connections", Content = () => Text(Connections()) },
                new ControlFile { Name = "exports", Content = () => Text(Exports()) },
                new ControlFile { Name = "tpools", Content = () => Text(Pools()) },
                new ControlFile { Name = "meminfo", Content = static () => Proc("/proc/meminfo") },
                new ControlFile { Name = "net.rpc.nfs", Content = static () => Proc("/proc/net/rpc/nfs") },
                new ControlFile { Name = "zero", IsZero = true },
                new ControlFile { Name = "zero100", IsZero = true, DelayMs = SlowMs },
                new ControlFile { Name = "null" },
                new ControlFile { Name = "null100", DelayMs = SlowMs },
            ],
            _clock);
        Export = new NinePExport(AttachName, new Volume(AttachName, tree));
    }

    /// <summary>To be served after the others: the first answers an empty aname.</summary>
    public NinePExport Export { get; }

    /// <summary>The server to tell about.</summary>
    public void Watch(NinePServer server) => _server = server;

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A file of /proc; empty when this kernel has it not.</summary>
    private static byte[] Proc(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Blanks separate the columns: those in names are written as in /proc/mounts.</summary>
    private static string Column(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            if (c <= ' ' || c == '\\' || c == 0x7F)
                text.Append('\\').Append(Convert.ToString(c, 8).PadLeft(3, '0'));
            else
                text.Append(c);
        }

        return text.ToString();
    }

    /// <summary>Seconds and microseconds, then the zone: always UTC.</summary>
    private string Date()
    {
        var microseconds = (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000}.{microseconds % 1_000_000} 0.0\n");
    }

    private string Connections()
    {
        var text = new StringBuilder();
        foreach (var connection in _server?.Connections ?? [])
            text.Append(CultureInfo.InvariantCulture, $"{Column(HostOf(connection.Peer))} {connection.FidCount}\n");
        return text.ToString();
    }

    /// <summary>A peer without its port.</summary>
    private static string HostOf(string peer)
    {
        var colon = peer.LastIndexOf(':');
        return colon < 0 ? peer : peer[..colon].Trim('[', ']');
    }

    private string Exports()
    {
        var text = new StringBuilder();
        foreach (var export in _server?.Exports ?? [])
            text.Append(CultureInfo.InvariantCulture, $"{Column(export.AttachName)} {(export.Volume.IsReadOnly ? "ro" : "-")} - -\n");
        return text.ToString();
    }

    /// <summary>A line for each export: name, requests under way, fids, bytes read and written, requests by type, reads and writes by size.</summary>
    private string Pools()
    {
        var text = new StringBuilder();
        foreach (var export in _server?.Exports ?? [])
        {
            var total = _server!.TotalsOf(export.AttachName, out var requests, out var fids);
            text.Append(CultureInfo.InvariantCulture, $"{Column(export.AttachName)} {requests} {fids} {total.BytesRead} {total.BytesWritten}");
            foreach (var type in s_counted)
                text.Append(CultureInfo.InvariantCulture, $" {total.Requests(type)}");
            foreach (var count in total.Reads)
                text.Append(CultureInfo.InvariantCulture, $" {count}");
            foreach (var count in total.Writes)
                text.Append(CultureInfo.InvariantCulture, $" {count}");
            text.Append('\n');
        }

        return text.ToString();
    }
}

using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Daemon;

/// <summary><c>pentode status</c> against a daemon with a live connection, and what the log says of bad ones.</summary>
public sealed class StatusTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public StatusTests()
    {
        using (var disk = File.Create(_files["disk"]))
            disk.SetLength(1 << 20);
        Directory.CreateDirectory(_files["tree"]);
        File.WriteAllText(_files["p.yaml"], $$"""
            files: {listen: "127.0.0.1:0", exports: [{path: {{_files["tree"]}}}]}
            blocks: {listen: "unix:{{_files["n.sock"]}}", exports: [{name: disk, path: {{_files["disk"]}}, read_only: true}]}
            control: {socket: {{_files["c.sock"]}}}
            """);
    }

    [Fact]
    public void ShowsConnectionsExportsAndLoops()
    {
        using var daemon = PentodeProcess.Start("serve", _files["p.yaml"]);
        using var client = Attach(daemon.Port("9p"));
        var text = Status();
        Assert.Contains($"listening on 9p tcp 127.0.0.1:{daemon.Port("9p")}\n", text, StringComparison.Ordinal);
        Assert.Contains($"listening on nbd unix {_files["n.sock"]}\n", text, StringComparison.Ordinal);
        Assert.Matches(@"\nblocks +disk +file +ro +1\.0 MiB +0 ", text);
        Assert.Matches($@"\n9p +\d+ +127\.0\.0\.1:\d+ +{Regex.Escape(_files["tree"])} +uid 0 +\d+s +2 ", text);
        Assert.Matches(@"\nloop-0 +[1-9]\d* +[1-9]", text);

        using var json = JsonDocument.Parse(Status("--json"));
        var root = json.RootElement;
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.Equal(daemon.Id, root.GetProperty("pid").GetInt32());
        var connection = Assert.Single(root.GetProperty("connections").EnumerateArray());
        Assert.Equal(["id", "protocol", "peer", "age_seconds", "user", "export", "operations", "bytes_read", "bytes_written", "errors", "in_flight"],
            connection.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["schema", "version", "pid", "started_at", "uptime_seconds", "engine", "loops", "listeners", "exports", "totals", "connections", "metrics"],
            root.EnumerateObject().Select(p => p.Name));
        client.Dispose();
        Assert.Equal(0, daemon.Terminate());
    }

    [Fact]
    public void ABadConnectionIsLoggedOnceAsJson()
    {
        using var daemon = PentodeProcess.Start("serve", _files["p.yaml"], "--log-format", "json");
        using (var bad = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            bad.Connect("127.0.0.1", daemon.Port("9p"));
            bad.Send("GET / HTTP/1.1\r\nHost: nobody\r\n\r\n"u8);
            Assert.Equal(0, bad.Receive(new byte[1]));
        }

        Assert.Equal(0, daemon.Terminate());
        var levels = daemon.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l =>
        {
            using var line = JsonDocument.Parse(l);
            return line.RootElement.GetProperty("level").GetString();
        }).ToArray();
        Assert.Single(levels, l => l == "warning");
        Assert.DoesNotContain("error", levels);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryRequestOfATracedProtocolIsWritten(bool isTraced)
    {
        Tool.Require("nbdinfo");
        string[] trace = isTraced ? ["--trace", "nbd"] : ["--trace", "9p"];
        using var daemon = PentodeProcess.Start(["serve", _files["p.yaml"], .. trace]);
        Tool.Ok(30, "nbdinfo", "--map", $"nbd+unix:///disk?socket={_files["n.sock"]}");
        Assert.Equal(0, daemon.Terminate());
        var lines = daemon.Errors.Split('\n').Where(l => l.Contains("NBD_CMD_", StringComparison.Ordinal)).ToArray();
        if (!isTraced)
            Assert.Empty(lines);
        else
            Assert.Contains(lines, l => Regex.IsMatch(l, @" info    nbd unix:\S+: NBD_CMD_BLOCK_STATUS cookie=0x[0-9a-f]+ offset=0 length=1048576.* -> ok in \d+ us$"));
    }

    public void Dispose() => _files.Dispose();

    private string Status(params string[] more) => Tool.Ok(60, PentodeProcess.Binary, ["status", "--control", _files["c.sock"], .. more]);

    private static Socket Attach(int port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect("127.0.0.1", port);
        client.Send(Convert.FromHexString("15000000" + "64" + "ffff" + "00000100" + "0800" + "3950323030302e4c"));
        Skip(client);

        // fid 1, no afid, no names, user 0: the first export.
        client.Send(Convert.FromHexString("17000000" + "68" + "0100" + "01000000" + "ffffffff" + "0000" + "0000" + "00000000"));
        Skip(client);
        return client;
    }

    private static void Skip(Socket client)
    {
        var frame = new byte[256];
        var length = 4;
        for (var got = 0; got < length; length = got >= 4 ? BitConverter.ToInt32(frame) : 4)
            got += client.Receive(frame, got, length - got, SocketFlags.None) is > 0 and var count ? count : throw new EndOfStreamException();
        Assert.NotEqual(7, frame[4]);
    }
}

using System.Net;
using System.Net.Sockets;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Daemon;

/// <summary>Every way a start fails: one line that names what is at fault, and the documented exit code.</summary>
public sealed class StartFailureTests : IDisposable
{
    private const string Nobody = "65534";
    private readonly TemporaryDirectory _files = new();

    public StartFailureTests()
    {
        using (var disk = File.Create(_files["disk"]))
            disk.SetLength(1 << 20);
        Directory.CreateDirectory(_files["tree"]);
        File.WriteAllText(_files["plain"], "not a socket");
    }

    /// <summary>Command line, exit code and line; @ is the test's directory.</summary>
    public static TheoryData<string, int, string> Cases() => new()
    {
        // Exports.
        { "blocks serve 0 @/none", 5, "cannot open @/none: no such file or directory (ENOENT)" },
        { "blocks serve 0 @/none --name n", 5, "cannot open @/none for export 'n': no such file or directory (ENOENT)" },
        { "blocks serve 0 @/tree", 5, "cannot open @/tree: is a directory (EISDIR)" },
        { "blocks serve 0 @/tree --read-only", 5, "cannot open @/tree: is a directory (EISDIR)" },
        { "files serve @/none --listen 127.0.0.1:0", 5, "cannot open @/none: no such file or directory (ENOENT)" },
        { "files serve @/plain --listen 127.0.0.1:0", 5, "cannot open @/plain: not a directory (ENOTDIR)" },

        // Command lines.
        { "blocks serve 99999 @/disk", 2, "'99999' is not a port: 0 to 65535, or - with --unix" },
        { "blocks serve http @/disk", 2, "'http' is not a port: 0 to 65535, or - with --unix" },
        { "blocks serve - @/disk", 2, "PORT - needs --unix SOCKET" },
        { "blocks serve", 2, "blocks serve: PORT and FILE are missing" },
        { "blocks serve 0", 2, "blocks serve: FILE is missing" },
        { "blocks serve 0 @/disk more", 2, "blocks serve: one argument too many: 'more'" },
        { "blocks serve 0 @/disk --readonly", 2, "blocks serve: unknown option '--readonly'; did you mean '--read-only'?" },
        { "files serve @/tree --redonly", 2, "files serve: unknown option '--redonly'; did you mean '--read-only'?" },
        { "files serve @/tree --listen 5640", 2, "'5640' is not an address: write HOST:PORT or unix:/path" },
        { "files serve @/tree --listen 127.0.0.1:x", 2, "'x' is not a port: 0 to 65535" },
        { "files srve @/tree", 2, "files: unknown command 'srve'; did you mean 'serve'?" },
        { "blocks serve 0 @/disk --engine rign", 2, "--engine cannot be 'rign': auto, ring, portable; did you mean 'ring'?" },
        { "blocks serve 0 @/disk --trace ndb", 2, "--trace cannot be 'ndb': 9p, nbd, nfs; did you mean 'nbd'?" },
        { "blocks serve 0 @/disk --trace nbd --log-level error", 2, "--trace writes lines of level info: it needs --log-level info or debug" },
        { "blocks serve 0 @/disk --loops 0", 2, "--loops must be a whole number from 1 to 1024, not '0'" },
        { "blocks serve 0 @/disk --loops two", 2, "--loops must be a whole number from 1 to 1024, not 'two'" },
        { "status --watch 0", 2, "--watch must be a whole number from 1 to 3600, not '0'" },
        { "fles", 2, "unknown command 'fles'; did you mean 'files'?" },

        // Addresses.
        { "blocks serve 0 @/disk --listen 203.0.113.9", 4, "cannot listen on nbd tcp 203.0.113.9:0: not an address of this host (EADDRNOTAVAIL)" },
        { "blocks serve 0 @/disk --listen nohost", 4, "cannot listen on nbd tcp nohost:0: 'nohost' is not an IPv4 or IPv6 address" },
        { "blocks serve - @/disk --unix @/plain", 4, "cannot listen on nbd unix @/plain: there is a file of that name that is no socket" },
        { "blocks serve - @/disk --unix @/none/s", 4, "cannot listen on nbd unix @/none/s: no such file or directory (ENOENT)" },
        { "blocks serve 0 @/disk --control @/plain", 4, "cannot listen on control socket @/plain: there is a file of that name that is no socket" },

        // Configurations; the path stands where the program's name stands elsewhere.
        { "serve @/none.yaml", 3, "!@/none.yaml: no such file" },
        { "check @/none.yaml", 3, "!@/none.yaml: no such file" },
        { "serve @/bad.yaml", 3, "!@/bad.yaml:1:1: unknown key 'blcks' in the configuration; did you mean 'blocks'?" },
        { "serve @/gone.yaml", 5, "cannot open /nonexistent/disk for export 'd': no such file or directory (ENOENT)" },

        // Clients.
        { "status --control @/none", 1, "cannot reach a daemon at @/none: there is no such socket; is 'pentode serve' running?" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void SaysOneLineAndEndsWithTheDocumentedCode(string commandLine, int code, string expected)
    {
        File.WriteAllText(_files["bad.yaml"], "blcks: {exports: []}\n");
        File.WriteAllText(_files["gone.yaml"], "blocks: {listen: '127.0.0.1:0', exports: [{name: d, path: /nonexistent/disk}]}\ncontrol: {socket: ''}\n");
        Check(code, expected, Tool.Run(60, PentodeProcess.Binary, Words(commandLine)));
        Assert.Equal("not a socket", File.ReadAllText(_files["plain"]));
    }

    [Theory]
    [InlineData("nbd", "blocks serve {0} @/disk")]
    [InlineData("9p", "files serve @/tree --listen 127.0.0.1:{0}")]
    public void NamesTheBusyPort(string protocol, string commandLine)
    {
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        var port = ((IPEndPoint)busy.LocalEndpoint).Port;
        var result = Tool.Run(60, PentodeProcess.Binary, Words(string.Format(System.Globalization.CultureInfo.InvariantCulture, commandLine, port)));
        Check(4, $"cannot listen on {protocol} tcp 127.0.0.1:{port}: address already in use (EADDRINUSE)", result);
    }

    [Fact]
    public void NamesBusySockets()
    {
        using var first = PentodeProcess.Start(Words("blocks serve - @/disk --unix @/nbd.sock --control @/c.sock"));
        Check(4, "cannot listen on nbd unix @/nbd.sock: address already in use (EADDRINUSE)", Tool.Run(60, PentodeProcess.Binary, Words("blocks serve - @/disk --unix @/nbd.sock")));
        Check(4, "cannot listen on control socket @/c.sock: another pentode serves it", Tool.Run(60, PentodeProcess.Binary, Words("blocks serve 0 @/disk --control @/c.sock")));
        Assert.Equal(0, first.Terminate());
        Assert.False(File.Exists(_files["nbd.sock"]));
        Assert.False(File.Exists(_files["c.sock"]));
    }

    [Theory]
    [InlineData("blocks serve 0 @/disk --read-only", 5, "cannot open @/disk: permission denied (EACCES)")]
    [InlineData("files serve @/tree --listen 127.0.0.1:0", 5, "cannot open @/tree: permission denied (EACCES)")]
    [InlineData("blocks serve - @/open --unix @/s", 4, "cannot listen on nbd unix @/s: permission denied (EACCES)")]
    [InlineData("blocks serve 0 @/open --control @/c", 4, "cannot listen on control socket @/c: Permission denied")]
    public void NamesThePermission(string commandLine, int code, string expected)
    {
        RequireNobody();
        File.WriteAllBytes(_files["open"], new byte[4096]);
        File.SetUnixFileMode(_files["open"], (UnixFileMode)0b110_110_110);
        File.SetUnixFileMode(_files["disk"], 0);
        File.SetUnixFileMode(_files["tree"], 0);
        File.SetUnixFileMode(_files.Path, (UnixFileMode)0b111_101_101);
        Check(code, expected, AsNobody(commandLine));
    }

    [Fact]
    public void NamesThePrivilegedPort()
    {
        RequireNobody();
        Assert.SkipUnless(File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start").Trim() != "0", "every port is free for everyone here");
        File.SetUnixFileMode(_files.Path, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_files["tree"], (UnixFileMode)0b111_101_101);
        Check(4, "cannot listen on 9p tcp 127.0.0.1:564: port 564 is below 1024 and needs root or CAP_NET_BIND_SERVICE (EACCES)", AsNobody("files serve @/tree"));
    }

    public void Dispose()
    {
        File.SetUnixFileMode(_files["tree"], (UnixFileMode)0b111_000_000);
        _files.Dispose();
    }

    private static void RequireNobody()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to become another user");
        Tool.Require("setpriv");
        Assert.SkipUnless(RunAsNobody("--version").Status == 0, "another user cannot run the build here");
    }

    private static ToolResult RunAsNobody(params string[] arguments) =>
        Tool.Run(60, "setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--inh-caps=-all", PentodeProcess.Binary, .. arguments]);

    private ToolResult AsNobody(string commandLine) => RunAsNobody(Words(commandLine));

    private string[] Words(string commandLine) => [.. commandLine.Split(' ').Select(w => w.Replace("@", _files.Path, StringComparison.Ordinal))];

    private void Check(int code, string expected, ToolResult result)
    {
        var line = expected.Replace("@", _files.Path, StringComparison.Ordinal);
        Assert.Equal(line.StartsWith('!') ? line[1..] : "pentode: " + line, result.Error.TrimEnd('\n'));
        Assert.Equal(code, result.Status);
        Assert.Equal("", result.Output);
    }
}

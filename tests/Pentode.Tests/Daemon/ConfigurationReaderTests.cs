using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Xunit;

namespace Pentode.Tests.Daemon;

public sealed class ConfigurationReaderTests
{
    private const string Good = """
        files:
          listen: [127.0.0.1:5640, "unix:/tmp/9p.sock"]
          exports:
            - path: /srv/a
            - {name: scratch, kind: memory, read_only: true}
            - {name: trusted, path: /srv/b, checks: client, allow_devices: true}
            - {name: public, path: /srv/c, squash: all}
        blocks:
          listen: ["[::1]:10809", {address: "127.0.0.1:10810", old_style: disk}]
          exports:
            - {name: disk, path: /srv/disk.img, description: the disk}
            - {name: ram, memory: 64MiB}
        limits: {connections: 10, handshake_timeout: 5s, drain_timeout: 250ms, buffer_memory: 1MiB}
        engine: {kind: portable, loops: 3, pin: true}
        log: {level: info, format: json, trace: [nbd, 9p]}
        control: {socket: /run/x.sock}
        """;

    [Fact]
    public void ReadsEverySetting()
    {
        var errors = new List<ConfigurationError>();
        var c = ConfigurationReader.Parse(Good, "p.yaml", errors);
        Assert.Empty(errors);
        Assert.Equal([ListenAddress.Tcp("127.0.0.1", 5640), ListenAddress.Unix("/tmp/9p.sock")], c.Files!.Listen);
        Assert.Equal(
            [
                new TreeExportConfiguration { Name = "/srv/a", Path = "/srv/a" },
                new TreeExportConfiguration { Name = "scratch", Kind = "memory", ReadOnly = true },
                new TreeExportConfiguration { Name = "trusted", Path = "/srv/b", ClientChecks = true, AllowDevices = true },
                new TreeExportConfiguration { Name = "public", Path = "/srv/c", Squash = SquashKind.All },
            ],
            c.Files.Exports);
        Assert.Equal([ListenAddress.Tcp("::1", 10809), new ListenerConfiguration(ListenAddress.Tcp("127.0.0.1", 10810), "disk")], c.Blocks!.Listen);
        Assert.Equal(
            [
                new BlockExportConfiguration { Name = "disk", Path = "/srv/disk.img", Description = "the disk" },
                new BlockExportConfiguration { Name = "ram", Kind = "memory", MemorySize = 64L << 20 },
            ],
            c.Blocks.Exports);
        Assert.Equal(
            new LimitsConfiguration
            {
                Connections = 10, HandshakeTimeout = TimeSpan.FromSeconds(5), DrainTimeout = TimeSpan.FromMilliseconds(250), BufferMemory = 1 << 20,
            },
            c.Limits);
        Assert.Equal(new EngineConfiguration { Kind = "portable", Loops = 3, Pin = true }, c.Engine);
        Assert.Equal(LogLevel.Info, c.Log.Level);
        Assert.True(c.Log.IsJson);
        Assert.Equal(["nbd", "9p"], c.Log.Trace);
        Assert.Equal("/run/x.sock", c.ControlSocket);
    }

    [Theory]
    [InlineData("", "p.yaml: the file is empty: nothing to serve")]
    [InlineData("log: {level: info}", "p.yaml: nothing to serve: add a 'files:', a 'blocks:', a 'rings:', a 'names:' or a 'locks:' section")]
    [InlineData("fles:\n  exports: []", "p.yaml:1:1: unknown key 'fles' in the configuration; did you mean 'files'?")]
    [InlineData("files:\n  exprots:\n  - {path: /a}", "p.yaml:2:3: unknown key 'exprots' in 'files'; did you mean 'exports'?")]
    [InlineData("files: {exports: [{path: /a, readonly: yes}]}", "p.yaml:1:30: unknown key 'readonly' in this export; did you mean 'read_only'?")]
    [InlineData("files: {exports: [{path: a}]}", "p.yaml:1:26: 'path' must be absolute, not 'a'")]
    [InlineData("files: {exports: [{path: /a}, {path: /a}]}", "p.yaml:1:31: there is already an export named '/a'")]
    [InlineData("files: {exports: [{path: /a, kind: hots}]}", "p.yaml:1:36: 'kind' cannot be 'hots': host, memory; did you mean 'host'?")]
    [InlineData("files:\n  listen: nowhere\n  exports: [{path: /a}]", "p.yaml:2:11: 'nowhere' is not an address: write HOST:PORT or unix:/path")]
    [InlineData("files:\n  listen: ['h:70000']\n  exports: [{path: /a}]", "p.yaml:2:12: '70000' is not a port: 0 to 65535")]
    [InlineData("files:\n  listen: ['::1:5']\n  exports: [{path: /a}]", "p.yaml:2:12: '::1:5': put an IPv6 address in brackets, as in [::1]:PORT")]
    [InlineData("files: {exports: [{path: /d, cluster_locks: x}]}", "p.yaml:1:45: 'cluster_locks' is DOMAIN/PREFIX, not 'x'")]
    [InlineData("files: {exports: [{path: /d, cluster_locks: d/123456789012345}]}", "p.yaml:1:45: the prefix of 'cluster_locks' has at most 14 bytes and does not begin with '$', unlike '123456789012345'")]
    [InlineData("blocks: {exports: [{name: a}]}", "p.yaml:1:20: this export needs 'path' or 'memory'")]
    [InlineData("blocks: {exports: [{memory: 64MeB}]}", "p.yaml:1:29: 'memory' must be a size such as 64KiB, 512MiB or 1GiB")]
    [InlineData("blocks: {listen: {address: 'h:1', old_style: dsik}, exports: [{name: disk, path: /d}]}", "p.yaml:1:46: 'old_style' names no export: 'dsik'; did you mean 'disk'?")]
    [InlineData("blocks: {listen: {old_style: disk}, exports: [{name: disk, path: /d}]}", "p.yaml:1:18: this listener needs 'address'")]
    [InlineData("blocks: {listen: [{address: 'h:1', old_style: disk}, 'h:1'], exports: [{name: disk, path: /d}]}", "p.yaml:1:54: 'h:1' is listed twice")]
    [InlineData("blocks: {listen: [[1]], exports: [{name: disk, path: /d}]}", "p.yaml:1:19: an address is a text: HOST:PORT or unix:/path")]
    [InlineData("files: {listen: {address: 'h:1', old_style: disk}, exports: [{path: /a}]}", "p.yaml:1:34: unknown key 'old_style' in this listener; known are address")]
    [InlineData("files: {exports: [{path: /a, checks: client, squash: root}]}", "p.yaml:1:54: 'squash' has no effect with 'checks: client', which lets every user do what the client says: give one of the two")]
    [InlineData("files: {exports: [{path: /a, squash: rot}]}", "p.yaml:1:38: 'squash' cannot be 'rot': none, root, all; did you mean 'root'?")]
    [InlineData("limits: {connections: 0}", "p.yaml:1:23: 'connections' must be a whole number from 1 to 1000000")]
    [InlineData("limits: {drain_timeout: 5}", "p.yaml:1:25: 'drain_timeout' must be a duration such as 250ms, 30s or 5m")]
    [InlineData("engine: {kind: rign}", "p.yaml:1:16: 'kind' cannot be 'rign': auto, ring, portable; did you mean 'ring'?")]
    [InlineData("engine: {pin: maybe}", "p.yaml:1:15: 'pin' must be true or false")]
    [InlineData("log: {trace: 9P}", "p.yaml:1:14: 'trace' cannot contain '9P': 9p, nbd, nfs; did you mean '9p'?")]
    [InlineData("log: {trace: nbd, level: error}", "p.yaml:1:14: traces are lines of level info: set 'level' to info or debug")]
    [InlineData("control: {socket: x}", "p.yaml:1:19: 'socket' must be absolute, not 'x'")]
    [InlineData("- a", "p.yaml:1:1: the configuration must be a list of 'key: value' lines")]
    public void SaysWhatIsWrongAndWhere(string text, string expected)
    {
        var errors = new List<ConfigurationError>();
        ConfigurationReader.Parse(text, "p.yaml", errors);
        Assert.Contains(expected, errors.Select(e => e.ToString()));
    }

    [Fact]
    public void ReportsAllErrorsAtOnce()
    {
        var errors = new List<ConfigurationError>();
        ConfigurationReader.Parse("engine: {kind: x, loops: -1}\nlog: {levle: info}\nfiles: {exports: []}", "p", errors);
        Assert.Equal(4, errors.Count);
    }

    [Fact]
    public void BrokenYamlAndMissingFilesAreErrorsNotExceptions()
    {
        var errors = new List<ConfigurationError>();
        ConfigurationReader.Parse("files: [", "p", errors);
        ConfigurationReader.Parse("log: {level: info}\nlog: {level: info}", "p", errors);
        ConfigurationReader.Read("/nonexistent/pentode.yaml", errors);
        Assert.Equal(3, errors.Count);
        Assert.Equal("/nonexistent/pentode.yaml: no such file", errors[2].ToString());
        Assert.True(errors[0].Line >= 1);
    }
}

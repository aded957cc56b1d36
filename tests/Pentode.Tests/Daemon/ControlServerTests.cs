using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Admin;
using Pentode.Linux;
using Xunit;

namespace Pentode.Tests.Daemon;

public sealed class ControlServerTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private readonly string _directory = Directory.CreateTempSubdirectory("pentode-control").FullName;

    private string SocketPath => Path.Combine(_directory, "c.sock");

    [Fact]
    public async Task AnswersStatus()
    {
        Assert.Null(ControlServer.Start(SocketPath, new Source(), NullLog.Instance, out var server));
        await using (server)
        {
            var (line, problem) = await ControlClient.AskAsync(SocketPath, "status", s_limit);
            Assert.Equal("", problem);
            var report = JsonSerializer.Deserialize(line!, ControlJson.Default.StatusReport)!;
            Assert.Equal(7, report.Pid);
            Assert.Equal("disk", Assert.Single(report.Exports).Name);
            Assert.Equal(12, Assert.Single(report.Connections).Operations);
            Assert.Equal(3, report.Metrics["pentode.test"]);
            Assert.Contains("\"uptime_seconds\":60", line, StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
        }

        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task AnswersSeveralRequestsAndRefusesNonsense()
    {
        Assert.Null(ControlServer.Start(SocketPath, new Source(), NullLog.Instance, out var server));
        await using (server)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.UTF8.GetBytes("{\"command\":\"dance\"}\nnonsense\n{}\n{\"command\":\"status\"}\n"));
            using var reader = new StreamReader(stream);
            Assert.Contains("unknown command", await reader.ReadLineAsync().WaitAsync(s_limit), StringComparison.Ordinal);
            Assert.Contains("not JSON", await reader.ReadLineAsync().WaitAsync(s_limit), StringComparison.Ordinal);
            Assert.Contains("error", await reader.ReadLineAsync().WaitAsync(s_limit), StringComparison.Ordinal);
            Assert.Contains("\"pid\":7", await reader.ReadLineAsync().WaitAsync(s_limit), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ReplacesADeadSocketButNotALivingOne()
    {
        // What a killed daemon leaves behind: the name of a socket that nobody listens on.
        FileCalls.Close(Sockets.ListenUnix(SocketPath).Value);
        Assert.True(File.Exists(SocketPath));
        Assert.Null(ControlServer.Start(SocketPath, new Source(), NullLog.Instance, out var first));
        await using (first)
        {
            Assert.Contains("another pentode", ControlServer.Start(SocketPath, new Source(), NullLog.Instance, out var second), StringComparison.Ordinal);
            Assert.Null(second);
        }
    }

    [Fact]
    public async Task LeavesAFileAloneThatIsNoSocket()
    {
        await File.WriteAllTextAsync(SocketPath, "precious");
        var problem = ControlServer.Start(SocketPath, new Source(), NullLog.Instance, out var server);
        Assert.Null(server);
        Assert.Equal($"cannot listen on control socket {SocketPath}: there is a file of that name that is no socket", problem);
        Assert.Equal("precious", await File.ReadAllTextAsync(SocketPath));
    }

    [Fact]
    public async Task ClientNamesTheSocketItCannotReach()
    {
        var (line, problem) = await ControlClient.AskAsync(SocketPath, "status", s_limit);
        Assert.Null(line);
        Assert.Contains(SocketPath, problem, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private sealed class Source : IStatusSource
    {
        public StatusReport Status() => new()
        {
            Version = "1", Pid = 7, UptimeSeconds = 60, Engine = "ring", Loops = [new LoopStatus { Name = "loop-0", Turns = 2, Completions = 5 }],
            Exports = [new ExportStatus { Service = "blocks", Name = "disk", Kind = "file" }],
            Connections = [new SessionInfo { Id = 1, Protocol = "nbd", Peer = "unix", Operations = 12 }],
            Metrics = new Dictionary<string, long>(StringComparer.Ordinal) { ["pentode.test"] = 3 },
        };
    }
}

using System.Diagnostics;
using System.Net.Sockets;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.Rings;

/// <summary>A service manager, played by a parent that listens before it starts us, hands its socket over as descriptor 3 and hears when we are ready.</summary>
public sealed class RingsActivationTests : IDisposable
{
    private const string Parent = """
        import os, socket, sys
        count, notify, sockets, command = int(sys.argv[1]), sys.argv[2], sys.argv[3].split(","), sys.argv[4:]
        news = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        news.bind(notify)
        listeners = []
        for path in sockets:
            one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if path.endswith("datagram") else socket.SOCK_STREAM)
            one.bind(path)
            if not path.endswith("datagram"):
                one.listen(16)
            listeners.append(one)
        print("listening", flush=True)
        # As a service manager does, only start when somebody connects.
        if listeners[0].type == socket.SOCK_STREAM and sys.stdin.readline() == "":
            sys.exit(1)
        child = os.fork()
        if child == 0:
            kept = [os.dup(one.fileno()) for one in listeners]
            for number, one in enumerate(kept):
                os.dup2(one, 3 + number)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count), NOTIFY_SOCKET=notify)
            null = os.open("/dev/null", os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)
            os.execv(command[0], command)
        print("child", child, flush=True)
        for one in listeners:
            one.close()
        os.set_blocking(news.fileno(), False)
        import select
        told = []
        while True:
            select.select([news], [], [], 0.02)
            try:
                told.append(news.recv(100).decode())
                print(told[-1], flush=True)
            except BlockingIOError:
                pass
            gone, status = os.waitpid(child, os.WNOHANG)
            if gone:
                print("signal" if os.WIFSIGNALED(status) else "exit", os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)
                break
        """;

    private readonly TemporaryDirectory _directory = new();

    public RingsActivationTests() => Tool.Require("python3");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_socket_handed_over_is_served_and_stays(bool isIouringd)
    {
        var path = _directory["job.sock"];
        var iouringd = _directory["iouringd"];
        File.CreateSymbolicLink(iouringd, PentodeProcess.Binary);
        string[] command = isIouringd ? [iouringd, path] : [PentodeProcess.Binary, "rings", "serve", "--job-id", "7", "--control", _directory["control"]];
        using var parent = Start(1, path, command);
        Assert.Equal("listening", parent.StandardOutput.ReadLine());

        // Before there is a server: the request waits in the queue of the socket.
        using (var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30000 })
        {
            client.Connect(new UnixDomainSocketEndPoint(path));
            client.Send(Convert.FromHexString("494F443101000C0001000C0000000000"));
            parent.StandardInput.WriteLine("go");
            var child = parent.StandardOutput.ReadLine()!["child ".Length..];
            Assert.Equal("READY=1", parent.StandardOutput.ReadLine());
            var hello = new byte[52];
            Assert.Equal(52, client.Receive(hello));
            Assert.StartsWith("494F443101000C0001000C00000000002400", Convert.ToHexString(hello), StringComparison.Ordinal);
            Tool.Ok(5, "/bin/kill", "-TERM", child);
        }

        var rest = parent.StandardOutput.ReadToEnd();
        Assert.Equal(isIouringd ? "signal 15\n" : "STOPPING=1\nexit 0\n", rest);
        Assert.True(File.Exists(path), "the file of a socket belongs to who made it");
    }

    [Fact]
    public void Only_one_listening_stream_socket_is_taken()
    {
        using (var parent = Start(2, $"{_directory["one"]},{_directory["two"]}", PentodeProcess.Binary, "rings", "serve", "--control", _directory["control"]))
        {
            parent.StandardInput.WriteLine("go");
            Assert.EndsWith("exit 2\n", parent.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
            Assert.Contains("hands over 2 sockets: rings takes one", parent.StandardError.ReadToEnd(), StringComparison.Ordinal);
        }

        using (var parent = Start(1, _directory["datagram"], PentodeProcess.Binary, "rings", "serve", "--control", _directory["control"]))
        {
            Assert.EndsWith("exit 4\n", parent.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
            Assert.Contains("the socket handed over (descriptor 3) is no listening Unix stream socket", parent.StandardError.ReadToEnd(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Sockets_for_another_process_are_left_alone()
    {
        var result = Tool.Run(30, "env", "LISTEN_PID=1", "LISTEN_FDS=1", PentodeProcess.Binary, "rings", "serve", "--control", _directory["control"]);
        Assert.Equal(2, result.Status);
        Assert.Contains("SOCKET is missing", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_of_the_recipe_serves_one_job_in_its_place()
    {
        var unit = File.ReadAllText(Path.Combine(Root(), "clients/recipes/pentode-rings@.service")).Replace("\\\n", " ", StringComparison.Ordinal);
        var line = unit.Split('\n').Single(l => l.StartsWith("ExecStart=", StringComparison.Ordinal))["ExecStart=".Length..];
        var workspace = Directory.CreateDirectory(_directory["workspace"]).FullName;
        var command = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word
            .Replace("%i", "7", StringComparison.Ordinal)
            .Replace("/usr/bin/pentode", PentodeProcess.Binary, StringComparison.Ordinal)
            .Replace("${JOB_UID}", Tool.Ok(5, "id", "-u").Trim(), StringComparison.Ordinal)
            .Replace("/var/lib/pentode-jobs/7", workspace, StringComparison.Ordinal)
            .Replace("/run/pentode-rings-7", _directory.Path, StringComparison.Ordinal)).ToArray();
        var path = _directory["job.sock"];
        using var parent = Start(1, path, command);
        Assert.Equal("listening", parent.StandardOutput.ReadLine());
        parent.StandardInput.WriteLine("go");
        var child = parent.StandardOutput.ReadLine()!["child ".Length..];
        Assert.Equal("READY=1", parent.StandardOutput.ReadLine());
        Tool.Ok(30, PentodeProcess.Binary, "rings", "nop", "--count", "3", path);
        File.WriteAllText(_directory["input"], "of the job");
        Tool.Ok(30, PentodeProcess.Binary, "rings", "copy", path, _directory["input"], Path.Combine(workspace, "output"));
        Assert.Equal("of the job", File.ReadAllText(Path.Combine(workspace, "output")));
        Assert.Contains("EXDEV", Tool.Run(30, PentodeProcess.Binary, "rings", "copy", path, _directory["input"], _directory["outside"]).Error, StringComparison.Ordinal);
        Tool.Ok(5, "/bin/kill", "-TERM", child);
        Assert.Equal("STOPPING=1\nexit 0\n", parent.StandardOutput.ReadToEnd());
        Assert.Contains("job_id=7", parent.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));

    private Process Start(int count, string sockets, params string[] command)
    {
        File.Delete(_directory["notify"]);
        return Process.Start(new ProcessStartInfo("python3", ["-c", Parent, $"{count}", _directory["notify"], sockets, .. command])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
    }
}

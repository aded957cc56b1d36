using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.Rings;

/// <summary>A link named <c>iouringd</c> to our command behaves as the original.</summary>
public sealed class IouringdPersonalityTests : IDisposable
{
    private const string Usage = """
        usage: iouringd [--ring-entries N] [--max-clients N]
                         [--registered-fds N] [--registered-buffers N]
                         [--per-client-credits N] [--io-bytes-max N]
                         [--job-id N] [--trace-stderr]
                         SOCKET_PATH

        """;

    // Installs a seccomp filter that answers one system call with an errno, then becomes the program.
    private const string Refuse = """
        import ctypes, os, struct, sys
        number, error = int(sys.argv[1]), int(sys.argv[2])
        code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | error), (0x06, 0, 0, 0x7fff0000)]
        filter = b"".join(struct.pack("HBBI", *c) for c in code)
        memory = ctypes.create_string_buffer(filter)
        program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(memory)))
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
            sys.exit(99)
        os.execv(sys.argv[3], sys.argv[3:])
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly string _iouringd;

    public IouringdPersonalityTests()
    {
        _iouringd = _directory["iouringd"];
        File.CreateSymbolicLink(_iouringd, PentodeProcess.Binary);
    }

    public void Dispose() => _directory.Dispose();

    // Starts the program, sends it the signal once its socket is there, and prints what wait(2) says.
    private const string Die = """
        import os, signal, socket, sys, time
        number, path = int(sys.argv[1]), sys.argv[2]
        child = os.fork()
        if child == 0:
            os.execv(sys.argv[3], sys.argv[3:])
        for _ in range(2000):
            try:
                socket.socket(socket.AF_UNIX).connect(path)
                break
            except OSError:
                time.sleep(0.01)
        os.kill(child, number)
        _, status = os.waitpid(child, 0)
        print("signal", os.WTERMSIG(status)) if os.WIFSIGNALED(status) else print("exit", os.WEXITSTATUS(status))
        """;

    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    public void Its_parent_sees_death_by_the_signal_not_an_exit_code(int signal)
    {
        Tool.Require("python3");
        var path = _directory["s"];
        Assert.Equal($"signal {signal}\n", Tool.Ok(60, "python3", "-c", Die, signal.ToString(CultureInfo.InvariantCulture), path, _iouringd, path));
        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData("SIGTERM", 143)]
    [InlineData("SIGINT", 130)]
    public void It_serves_and_dies_of_the_signal_with_its_socket_removed(string signal, int status)
    {
        var path = _directory["s"];
        using var process = Start("--trace-stderr", "--job-id", "42", path);
        using (var client = Connect(path))
        {
            client.Send(Convert.FromHexString("494F443101000C0001000C0000000000"));
            Receive(client, 52);
            client.Send(Convert.FromHexString("494F443101000C000100000000000000"));
            Assert.Equal("01000000000000000000000002000000", Receive(client, 16));
            Assert.Equal("494F443101000C0001000000000000000000000001000000", Receive(client, 24));
        }

        Tool.Run(5, "/bin/kill", "-" + signal, process.Id.ToString(CultureInfo.InvariantCulture));
        var errors = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(15000));

        // 128 and the number is how .NET, like a shell, shows death by a signal.
        Assert.Equal(status, process.ExitCode);
        Assert.False(File.Exists(path));
        Assert.Contains($"iouringd metrics phase=ready pid={process.Id} job_id=42 socket={path} ", errors, StringComparison.Ordinal);
        Assert.Contains("event=completion task_kind=nop priority=normal task_id=1 ", errors, StringComparison.Ordinal);
        Assert.Contains("iouringd metrics phase=shutdown ", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--ring-entries 1 s")]
    [InlineData("--ring-entries 65 s")]
    [InlineData("--max-clients 0 s")]
    [InlineData("--max-clients 65 s")]
    [InlineData("--registered-fds 33 s")]
    [InlineData("--registered-buffers 5 s")]
    [InlineData("--per-client-credits 65 s")]
    [InlineData("--io-bytes-max 4097 s")]
    [InlineData("--io-bytes-max x s")]
    [InlineData("--job-id 4294967296 s")]
    [InlineData("--unknown 1 s")]
    [InlineData("s --trace-stderr s")]
    [InlineData("--ring-entries s")]
    public void A_wrong_command_line_shows_the_usage(string line)
    {
        var result = Tool.Run(30, _iouringd, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, line.Length == 0 ? "" : Usage), (result.Status, result.Error));
    }

    [Fact]
    public void A_long_path_and_a_missing_directory_are_told()
    {
        var result = Tool.Run(30, _iouringd, "/" + new string('x', 107));
        Assert.Equal((2, "iouringd: socket path is too long\n"), (result.Status, result.Error));
        result = Tool.Run(30, _iouringd, _directory["missing/s"]);
        Assert.Equal((1, "iouringd: binding server socket failed: No such file or directory\n"), (result.Status, result.Error));
    }

    [Theory]
    [InlineData(425, 38, "io_uring setup is unavailable on this kernel (ENOSYS)")]
    [InlineData(425, 1, "io_uring setup blocked by kernel policy or sandbox (Operation not permitted)")]
    [InlineData(425, 13, "io_uring setup blocked by kernel policy or sandbox (Permission denied)")]
    [InlineData(427, 1, "io_uring setup blocked by kernel policy or sandbox (Operation not permitted)")]
    [InlineData(427, 0, "io_uring probe reported no supported operations (ENOTSUP)")]
    [InlineData(425, 24, "io_uring initialization failed: Too many open files")]
    public void Refusals_of_the_kernel_are_told_in_the_original_words(int call, int error, string message)
    {
        Tool.Require("python3");
        var result = Tool.Run(30, "python3", "-c", Refuse, call.ToString(CultureInfo.InvariantCulture), error.ToString(CultureInfo.InvariantCulture), _iouringd, _directory["s"]);
        Assert.SkipWhen(result.Status == 99, "seccomp is refused here");
        Assert.Equal((1, $"iouringd: {message}\n"), (result.Status, result.Error));
    }

    [Theory]
    [InlineData("setup_enosys", "io_uring setup is unavailable on this kernel (ENOSYS)")]
    [InlineData("setup_eperm", "io_uring setup blocked by kernel policy or sandbox (Operation not permitted)")]
    [InlineData("probe_eperm", "io_uring setup blocked by kernel policy or sandbox (Operation not permitted)")]
    public void Refusals_can_be_played(string fault, string message)
    {
        var result = Tool.Run(30, "env", "IOURINGD_TEST_FAULT=" + fault, _iouringd, _directory["s"]);
        Assert.Equal((1, $"iouringd: {message}\n"), (result.Status, result.Error));
    }

    [Fact]
    public void Our_own_command_serves_the_same()
    {
        var path = _directory["own"];
        using var daemon = PentodeProcess.Start("rings", "serve", path, "--control", _directory["control"], "--ring-entries", "8");
        Assert.Equal(path, daemon.Listener("rings", "unix"));
        using (var client = Connect(path))
        {
            client.Send(Convert.FromHexString("494F443101000C0001000C0000000000"));
            Assert.Contains("0800000010000000FF0F000007000000", Receive(client, 52), StringComparison.Ordinal);
            var status = Tool.Ok(30, PentodeProcess.Binary, "status", "--control", _directory["control"]);
            Assert.Contains(path, status, StringComparison.Ordinal);
        }

        Assert.Equal(0, daemon.Terminate());
        Assert.False(File.Exists(path));
    }

    private static Socket Connect(string path)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20000 };
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                return socket;
            }
            catch (SocketException) when (since.Elapsed < TimeSpan.FromSeconds(20))
            {
                socket.Dispose();
                Thread.Sleep(5);
            }
        }
    }

    private static string Receive(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var got = socket.Receive(bytes, at, count - at, SocketFlags.None);
            Assert.True(got > 0);
            at += got;
        }

        return Convert.ToHexString(bytes);
    }

    private Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(_iouringd, arguments) { RedirectStandardError = true })!;
}

using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Rings;

/// <summary>The client verbs of <c>pentode rings</c> and the C client against the real server.</summary>
public sealed class RingsClientTests
{
    private const int IoBytesMax = 4096;

    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public void Probe_tells_what_the_server_was_started_with(string engine)
    {
        using var files = new TemporaryDirectory();
        using var server = Serve(files, "--ring-entries", "8", "--registered-fds", "3", "--registered-buffers", "2", "--io-bytes-max", "128");
        var text = Ok("probe", files["s"], "--engine", engine);
        Assert.Contains("ring entries: 8", text, StringComparison.Ordinal);
        Assert.Contains("nop timeout", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Ok("probe", "--json", files["s"], "--engine", engine));
        var facts = json.RootElement;
        Assert.Equal("1.12", facts.GetProperty("protocol").GetString());
        Assert.Equal(8, facts.GetProperty("ring_entries").GetInt32());
        Assert.Equal(7, facts.GetProperty("submit_credits").GetInt32());
        Assert.Equal(3, facts.GetProperty("registered_fd_slots").GetInt32());
        Assert.Equal(2, facts.GetProperty("registered_buffer_slots").GetInt32());
        Assert.Equal(128, facts.GetProperty("io_bytes_max").GetInt32());
        Assert.Equal(0, server.Terminate());
    }

    [Fact]
    public void Nop_stats_and_trace_agree()
    {
        using var files = new TemporaryDirectory();
        using var server = Serve(files);
        Assert.Contains("1 operations in", Ok("nop", files["s"]), StringComparison.Ordinal);
        using (var run = JsonDocument.Parse(Ok("nop", "--count", "200", "--pipeline", "8", "--json", files["s"])))
        {
            Assert.Equal(200, run.RootElement.GetProperty("operations").GetInt32());
            Assert.True(run.RootElement.GetProperty("latency_p50_usec").GetDouble() <= run.RootElement.GetProperty("latency_max_usec").GetDouble());
        }

        Assert.Contains("completions: 201", Ok("stats", files["s"]), StringComparison.Ordinal);
        using (var stats = JsonDocument.Parse(Ok("stats", "--json", files["s"])))
        {
            Assert.Equal(201, stats.RootElement.GetProperty("accepted_submits").GetInt32());
            Assert.Equal(0, stats.RootElement.GetProperty("outstanding_tasks").GetInt32());
        }

        var lines = Ok("trace", files["s"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(256, lines.Length);
        Assert.Contains("event=completion task_kind=nop", lines[^1], StringComparison.Ordinal);
        using var trace = JsonDocument.Parse(Ok("trace", "--json", "--after", "400", files["s"]));
        var latest = trace.RootElement.GetProperty("latest_sequence").GetInt32();
        Assert.Equal(latest - 400, trace.RootElement.GetProperty("events").GetArrayLength());
        Assert.Equal(0, server.Terminate());
    }

    [Fact]
    public void Trace_follows_what_happens()
    {
        using var files = new TemporaryDirectory();
        using var server = Serve(files);
        using var follow = Process.Start(new ProcessStartInfo(PentodeProcess.Binary, ["rings", "trace", "--follow", "--json", files["s"]]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Ok("nop", files["s"]);
            foreach (var expected in new[] { "submit_accept", "completion" })
            {
                var line = follow.StandardOutput.ReadLineAsync();
                Assert.True(line.Wait(TimeSpan.FromSeconds(20)), "no event within 20 s");
                using var entry = JsonDocument.Parse(line.Result!);
                Assert.Equal(expected, entry.RootElement.GetProperty("event").GetString());
                Assert.Equal("nop", entry.RootElement.GetProperty("task_kind").GetString());
            }

            // A server that ends is told, not retried for ever.
            Assert.Equal(0, server.Terminate());
            Assert.True(follow.WaitForExit(TimeSpan.FromSeconds(20)), "trace --follow still runs without its server");
            Assert.Equal(1, follow.ExitCode);
        }
        finally
        {
            if (!follow.HasExited)
                follow.Kill();
        }
    }

    [Fact]
    public void Cat_shows_small_files_and_refuses_larger_ones()
    {
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["one"], "first\n");
        File.WriteAllText(files["two"], "second\n");
        File.WriteAllText(files["empty"], "");
        File.WriteAllBytes(files["large"], new byte[IoBytesMax]);
        using var server = Serve(files);
        Assert.Equal("first\nsecond\n", Ok("cat", files["s"], files["one"], files["empty"], files["two"]));
        var large = Run("cat", files["s"], files["large"]);
        Assert.Equal((1, ""), (large.Status, large.Output));
        Assert.Contains("no offsets", large.Error, StringComparison.Ordinal);
        var missing = Run("cat", files["s"], files["missing"], files["one"]);
        Assert.Equal((1, "first\n"), (missing.Status, missing.Output));
        Assert.Contains($"{files["missing"]}: no such file or directory (ENOENT)", missing.Error, StringComparison.Ordinal);
        using var stats = JsonDocument.Parse(Ok("stats", "--json", files["s"]));
        Assert.Equal(0, stats.RootElement.GetProperty("registered_files").GetInt32());
        Assert.Equal(0, server.Terminate());
    }

    [Fact]
    public void Copy_carries_a_small_file_whole_or_not_at_all()
    {
        using var files = new TemporaryDirectory();
        var content = new byte[IoBytesMax];
        new Random(3).NextBytes(content);
        File.WriteAllBytes(files["source"], content);
        File.WriteAllBytes(files["large"], new byte[IoBytesMax + 1]);
        File.WriteAllText(files["empty"], "");
        using var server = Serve(files);
        Ok("copy", "--protocol", "1", files["s"], files["source"], files["target"]);
        Assert.Equal(content, File.ReadAllBytes(files["target"]));
        var large = Run("copy", "--protocol", "1", files["s"], files["large"], files["target"]);
        Assert.Equal(1, large.Status);
        Assert.Contains($"has {IoBytesMax + 1} bytes", large.Error, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllBytes(files["target"]));
        using (var json = JsonDocument.Parse(Ok("copy", "--json", "--protocol", "1", files["s"], files["empty"], files["target"])))
            Assert.Equal((0, 1), (json.RootElement.GetProperty("size_bytes").GetInt32(), json.RootElement.GetProperty("protocol").GetInt32()));
        Assert.Empty(File.ReadAllBytes(files["target"]));
        Assert.Contains("not a regular file", Run("copy", files["s"], files.Path, files["target"]).Error, StringComparison.Ordinal);
        Assert.Contains("ENOENT", Run("copy", files["s"], files["missing"], files["target"]).Error, StringComparison.Ordinal);
        Assert.Contains("ENOENT", Run("copy", files["s"], files["source"], files["no/such/place"]).Error, StringComparison.Ordinal);
        Assert.Equal(0, server.Terminate());
    }

    [Fact]
    public void Copy_carries_any_size_through_shared_memory()
    {
        using var files = new TemporaryDirectory();
        var content = new byte[(20 << 20) + 123];
        new Random(5).NextBytes(content);
        File.WriteAllBytes(files["source"], content);
        File.WriteAllText(files["empty"], "");
        using var server = Serve(files);
        foreach (var options in new string[][] { [], ["--requests", "1", "--request-size", "4KiB"], ["--protocol", "2", "--requests", "64", "--request-size", "1MiB"] })
        {
            if (options.Length == 4)
                File.WriteAllBytes(files["source"], content = content[..100_001]);
            Ok(["copy", .. options, files["s"], files["source"], files["target"]]);
            Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(files["target"])), "another content");
        }

        using (var json = JsonDocument.Parse(Ok("copy", "--json", files["s"], files["empty"], files["target"])))
            Assert.Equal((0, 2), (json.RootElement.GetProperty("size_bytes").GetInt32(), json.RootElement.GetProperty("protocol").GetInt32()));
        Assert.Empty(File.ReadAllBytes(files["target"]));
        Assert.Contains("not a regular file", Run("copy", files["s"], files.Path, files["target"]).Error, StringComparison.Ordinal);
        Assert.Contains("ENOENT", Run("copy", files["s"], files["missing"], files["target"]).Error, StringComparison.Ordinal);
        Assert.Contains("ENOENT", Run("copy", files["s"], files["source"], files["no/such/place"]).Error, StringComparison.Ordinal);
        Assert.Equal(2, Run("copy", "--request-size", "5000", files["s"], files["source"], files["target"]).Status);
        using var probe = JsonDocument.Parse(Ok("probe", "--json", files["s"]));
        Assert.Equal("2.0", probe.RootElement.GetProperty("protocol_2").GetProperty("protocol").GetString());
        Assert.Contains("futex_wait", Ok("probe", files["s"]), StringComparison.Ordinal);
        Assert.Equal(0, server.Terminate());
    }

    [Theory]
    [InlineData("/dev/shm")]
    [InlineData("/var/tmp")]
    public void A_write_beyond_the_file_size_limit_of_the_server_fails_and_no_more(string place)
    {
        Tool.Require("prlimit");
        using var files = new TemporaryDirectory();
        File.WriteAllBytes(files["source"], new byte[3 << 20]);
        var target = Path.Combine(place, $"pentode-test-{Guid.NewGuid():N}");
        using var server = Serve(files);
        Tool.Ok(5, "prlimit", "--pid", server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), "--fsize=1048576");
        try
        {
            foreach (var size in new[] { "64KiB", "32KiB", "512KiB" })
                Assert.Contains("EFBIG", Run("copy", "--request-size", size, files["s"], files["source"], target).Error, StringComparison.Ordinal);
            Ok("nop", "--count", "10", files["s"]);
        }
        finally
        {
            File.Delete(target);
        }

        Assert.Equal(0, server.Terminate());
    }

    [Fact]
    public void Copy_falls_back_where_there_is_no_protocol_2()
    {
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["source"], "small");
        using var server = Serve(files, "--no-protocol-2");
        using (var json = JsonDocument.Parse(Ok("copy", "--json", files["s"], files["source"], files["target"])))
            Assert.Equal(1, json.RootElement.GetProperty("protocol").GetInt32());
        Assert.Equal("small", File.ReadAllText(files["target"]));
        var forced = Run("copy", "--protocol", "2", files["s"], files["source"], files["target"]);
        Assert.Equal(1, forced.Status);
        Assert.Contains("the server speaks protocol 1.12, not 2", forced.Error, StringComparison.Ordinal);
        using var probe = JsonDocument.Parse(Ok("probe", "--json", files["s"]));
        Assert.Equal(JsonValueKind.Null, probe.RootElement.GetProperty("protocol_2").ValueKind);
        Assert.Contains("protocol 2: not served", Ok("probe", files["s"]), StringComparison.Ordinal);
        Assert.Equal(0, server.Terminate());
    }

    [Fact]
    public void Failures_name_the_socket_and_the_reason()
    {
        using var files = new TemporaryDirectory();
        var missing = Run("probe", files["s"]);
        Assert.Equal(1, missing.Status);
        Assert.Contains($"cannot connect to {files["s"]}: no such socket (ENOENT)", missing.Error, StringComparison.Ordinal);
        using (var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(files["other"]));
            listener.Listen();
            var answering = Task.Run(() =>
            {
                using var socket = listener.Accept();
                socket.Send("220 mail.example ESMTP and more words than a handshake has bytes\r\n"u8);
                while (socket.Receive(new byte[64]) > 0)
                {
                }
            });
            var other = Run("nop", files["other"]);
            Assert.Equal(1, other.Status);
            Assert.Contains("not one of the iouringd protocol", other.Error, StringComparison.Ordinal);
            Assert.True(Task.WhenAny(answering, Task.Delay(TimeSpan.FromSeconds(20))).Result == answering);
        }

        Assert.Equal(2, Run("nop", "--count", "0", files["s"]).Status);
        Assert.Equal(2, Run("trace", "--after", "x", files["s"]).Status);
        Assert.Contains("Examples:", Ok("copy", "--help"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_examples_in_C_build_and_work()
    {
        Tool.Require("gcc");
        using var files = new TemporaryDirectory();
        Build("minimal", files["minimal"]);
        Build("memfd_copy", files["memfd_copy"]);
        Build("shared_read", files["shared_read"]);
        using var server = Serve(files);
        Assert.Equal("task=1 result=0 completions=1\n", Tool.Ok(20, files["minimal"], files["s"]));
        var content = new byte[(9 << 20) + 17];
        new Random(4).NextBytes(content);
        File.WriteAllBytes(files["source"], content);
        foreach (var size in new[] { content.Length, 4096, 1, 0 })
        {
            using (var source = File.OpenWrite(files["source"]))
                source.SetLength(size);
            Assert.Equal($"copied={size}\n", Tool.Ok(60, "bash", "-c", $"{files["memfd_copy"]} {files["s"]} {files["target"]} < {files["source"]}"));
            Assert.True(content.AsSpan(0, size).SequenceEqual(File.ReadAllBytes(files["target"])), $"another content of {size} bytes");
        }

        File.WriteAllText(files["text"], "read by the server\n");
        Assert.Equal("read by the server\n", Tool.Ok(20, files["shared_read"], files["s"], files["text"]));
        var absent = Tool.Run(20, files["shared_read"], files["s"], files["nothing"]);
        Assert.Equal(1, absent.Status);
        Assert.Contains("No such file or directory", absent.Error, StringComparison.Ordinal);
        var missing = Tool.Run(20, files["minimal"], files["nothing"]);
        Assert.Equal(1, missing.Status);
        Assert.Contains("No such file or directory", missing.Error, StringComparison.Ordinal);
        Assert.Equal(0, server.Terminate());
        using var old = PentodeProcess.Start(["rings", "serve", files["old"], "--control", files["control2"], "--no-protocol-2"]);
        var refused = Tool.Run(20, files["shared_read"], files["old"], files["text"]);
        Assert.Equal(1, refused.Status);
        Assert.Contains("Protocol not supported", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, old.Terminate());
    }

    private static PentodeProcess Serve(TemporaryDirectory files, params string[] options) =>
        PentodeProcess.Start(["rings", "serve", files["s"], "--control", files["control"], .. options]);

    private static ToolResult Run(params string[] arguments) => Tool.Run(30, PentodeProcess.Binary, ["rings", .. arguments]);

    private static string Ok(params string[] arguments) => Tool.Ok(30, PentodeProcess.Binary, ["rings", .. arguments]);

    private static void Build(string example, string output) => Tool.Ok(
        60, "gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O1", "-static", Path.Combine(Root(), "clients", "c", "examples", example + ".c"), "-o", output);

    private static string Root([CallerFilePath] string here = "")
    {
        var directory = Path.GetDirectoryName(here)!;
        while (!File.Exists(Path.Combine(directory, "Pentode.slnx")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("no Pentode.slnx above the tests");
        return directory;
    }
}

using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Nbd;

/// <summary><c>pentode blocks info</c>, <c>list</c> and <c>copy</c> against our own daemon and the real servers of other projects.</summary>
public sealed class BlocksCommandTests
{
    private const int DiskBytes = 32 << 20;

    public static TheoryData<string, string> Matrix() => NbdPeerTests.Matrix();

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Copies_both_ways_with_our_own_daemon(string engine, string transport)
    {
        using var files = new TemporaryDirectory(memory: true);
        WriteDisk(files["source"]);
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes);
        using var daemon = Serve(files, engine, transport, out var uri);
        Ok("copy", files["source"], uri, "--engine", engine);
        Assert.Equal(Checksum(files["source"]), Checksum(files["disk"]));
        Ok("copy", uri, files["back"], "--engine", engine, "--connections", "2");
        Assert.Equal(Checksum(files["source"]), Checksum(files["back"]));
        Assert.InRange(AllocatedBytes(files["back"]), 1, DiskBytes / 2);
        Ok("copy", uri, files["dense"], "--engine", engine, "--no-sparse", "--request-size", "64K", "--requests", "3", "--flush=false");
        Assert.Equal(Checksum(files["source"]), Checksum(files["dense"]));
        Assert.InRange(AllocatedBytes(files["dense"]), DiskBytes, 2L * DiskBytes);
        Assert.Equal(0, daemon.Terminate());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Info_and_list_tell_the_facts(string engine, string transport)
    {
        using var files = new TemporaryDirectory(memory: true);
        WriteDisk(files["disk"]);
        using var daemon = Serve(files, engine, transport, out var uri);
        Assert.Equal($"{DiskBytes}", Ok("info", "--size", uri, "--engine", engine).Trim());
        var text = Ok("info", "--map", uri, "--engine", engine);
        Assert.Contains("newstyle-fixed", text, StringComparison.Ordinal);
        Assert.Contains("hole,zero", text, StringComparison.Ordinal);
        Assert.Contains("multi-conn", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Ok("info", "--json", "--map", uri, "--engine", engine));
        var export = json.RootElement.GetProperty("exports")[0];
        Assert.Equal(DiskBytes, export.GetProperty("export_size").GetInt64());
        Assert.Equal("base:allocation", export.GetProperty("contexts")[0].GetString());
        Assert.Equal(DiskBytes, export.GetProperty("map").EnumerateArray().Sum(e => e.GetProperty("length").GetInt64()));
        Assert.Equal(DiskBytes, export.GetProperty("totals").EnumerateArray().Sum(e => e.GetProperty("size").GetInt64()));
        Assert.Contains("(default)", Ok("list", uri, "--engine", engine), StringComparison.Ordinal);
        Assert.Contains("block sizes", Ok("list", "--long", uri, "--engine", engine), StringComparison.Ordinal);
        using var list = JsonDocument.Parse(Ok("list", "--long", "--json", uri, "--engine", engine));
        Assert.Equal(DiskBytes, list.RootElement.GetProperty("exports")[0].GetProperty("export_size").GetInt64());
        Assert.Equal(0, daemon.Terminate());
    }

    [Theory]
    [InlineData("nbdkit-file")]
    [InlineData("nbdkit-oldstyle")]
    [InlineData("nbdkit-no-structured")]
    [InlineData("nbdkit-plain-handshake")]
    [InlineData("nbdkit-blocks")]
    [InlineData("qemu-nbd")]
    [InlineData("nbd-server")]
    public void Copies_both_ways_with_other_servers(string peer)
    {
        using var files = new TemporaryDirectory(memory: true);
        WriteDisk(files["source"]);
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes);
        using var server = Peer.Start(peer, files);

        // With the oldstyle handshake nbdkit advertises FLUSH and WRITE_ZEROES and refuses both.
        Ok("copy", files["source"], server.Uri, peer == "nbdkit-oldstyle" ? "--flush=false" : "--flush");
        Ok("copy", server.Uri, files["back"]);
        Assert.Equal(Checksum(files["source"]), Checksum(files["back"]));
        Assert.Equal(Checksum(files["source"]), Checksum(files["disk"]));
        Assert.Equal($"{DiskBytes}", Ok("info", "--size", server.Uri).Trim());
        using var json = JsonDocument.Parse(Ok("info", "--json", server.Uri));
        Assert.Equal(DiskBytes, json.RootElement.GetProperty("exports")[0].GetProperty("export_size").GetInt64());
    }

    [Fact]
    public void Copies_what_another_server_makes_up_and_into_ours()
    {
        using var files = new TemporaryDirectory(memory: true);
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes);
        Tool.Require("nbdcopy");
        using var server = Peer.Start("nbdkit-sparse-random", files);
        using var daemon = Serve(files, "ring", "unix", out var uri);
        Ok("copy", server.Uri, uri);
        Tool.Ok(60, "nbdcopy", server.Uri, files["expected"]);
        Assert.Equal(Checksum(files["expected"]), Checksum(files["disk"]));
        Ok("copy", uri, files["back"]);
        Assert.Equal(Checksum(files["expected"]), Checksum(files["back"]));
        Assert.Equal(0, daemon.Terminate());
    }

    [Fact]
    public void Map_agrees_with_nbdinfo()
    {
        Tool.Require("nbdinfo");
        using var files = new TemporaryDirectory(memory: true);
        using var server = Peer.Start("nbdkit-sparse-random", files);
        using var ours = JsonDocument.Parse(Ok("info", "--json", "--map", server.Uri));
        using var theirs = JsonDocument.Parse(Tool.Ok(30, "nbdinfo", "--json", "--map", server.Uri));
        var expected = theirs.RootElement.EnumerateArray().Select(e => (e.GetProperty("offset").GetInt64(), e.GetProperty("length").GetInt64(), e.GetProperty("type").GetInt32()));
        var got = ours.RootElement.GetProperty("exports")[0].GetProperty("map").EnumerateArray()
            .Select(e => (e.GetProperty("offset").GetInt64(), e.GetProperty("length").GetInt64(), e.GetProperty("type").GetInt32()));
        Assert.Equal(expected, got);
    }

    [Fact]
    public void Lists_many_exports_of_another_server()
    {
        using var files = new TemporaryDirectory(memory: true);
        Directory.CreateDirectory(files["many"]);
        for (var i = 0; i < 40; i++)
            File.WriteAllBytes(Path.Combine(files["many"], $"disk{i:00}"), new byte[512 * (i + 1)]);
        using var server = Peer.Start("nbdkit-directory", files);
        using var json = JsonDocument.Parse(Ok("list", "--long", "--json", server.Uri));
        var sizes = json.RootElement.GetProperty("exports").EnumerateArray().ToDictionary(e => e.GetProperty("export_name").GetString()!, e => e.GetProperty("export_size").GetInt64());
        Assert.Equal(40, sizes.Count);
        Assert.Equal(512 * 18, sizes["disk17"]);
    }

    [Fact]
    public void Errors_say_what_where_and_why()
    {
        using var files = new TemporaryDirectory(memory: true);
        WriteDisk(files["source"]);
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes - 512);
        using var daemon = Serve(files, "ring", "unix", out var uri);
        var before = Checksum(files["disk"]);
        Fails(1, "too small", "copy", files["source"], uri);
        Assert.Equal(before, Checksum(files["disk"]));
        Fails(1, "ENOENT", "copy", files["nothing"], uri);
        Fails(1, "ENOENT", "copy", uri + "x", files["back"]);
        Assert.False(File.Exists(files["back"]));
        Fails(1, "not-here", "info", uri.Replace("///", "///not-here", StringComparison.Ordinal));
        Fails(2, "TLS", "info", "nbds://localhost");
        Fails(2, "use cp", "copy", files["source"], files["back"]);
        Fails(1, "refused", "list", "nbd://127.0.0.1:1");
        Assert.Equal(0, daemon.Terminate());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Copies_to_and_from_a_pipe(string engine, string transport)
    {
        using var files = new TemporaryDirectory(memory: true);
        WriteDisk(files["disk"]);
        using var daemon = Serve(files, engine, transport, out var uri);
        var before = Checksum(files["disk"]);
        Shell($"'{PentodeProcess.Binary}' blocks copy '{uri}' - --engine {engine} --requests 5 --request-size 64KiB | cat >'{files["back"]}'");
        Assert.Equal(before, Checksum(files["back"]));

        // A stream may end anywhere; what it does not reach stays.
        var data = File.ReadAllBytes(files["back"]);
        var head = data[..1_000_001];
        new Random(5).NextBytes(head);
        File.WriteAllBytes(files["head"], head);
        Shell($"cat '{files["head"]}' | '{PentodeProcess.Binary}' blocks copy - '{uri}' --engine {engine}");
        head.CopyTo(data, 0);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(data)), Checksum(files["disk"]));

        // One byte more than fits.
        var result = Tool.Run(60, "/bin/sh", "-c", $"cat '{files["disk"]}' /etc/passwd | '{PentodeProcess.Binary}' blocks copy - '{uri}' --engine {engine}");
        Assert.True(result.Status == 1 && result.Error.Contains("no space left on device (ENOSPC)", StringComparison.Ordinal), result.Error);
        result = Tool.Run(60, "/bin/sh", "-c", $"('{PentodeProcess.Binary}' blocks copy '{uri}' - --engine {engine}; echo exit $? >&2) | head -c 1 >/dev/null");
        Assert.Contains("exit 1", result.Error, StringComparison.Ordinal);
        Assert.Contains("pentode: standard output: ", result.Error, StringComparison.Ordinal);
        Fails(2, "use cp", "copy", "-", files["back"]);
        Fails(2, "use cp", "copy", "-", "-");
        Assert.Equal(0, daemon.Terminate());

        static void Shell(string command) => Tool.Ok(60, "/bin/sh", "-c", command);
    }

    [Fact]
    public void A_failing_source_is_named_with_its_offset()
    {
        using var files = new TemporaryDirectory(memory: true);
        WriteDisk(files["disk"]);
        using var server = Peer.Start("nbdkit-error", files);
        Fails(1, "ENOSPC", "copy", files["disk"], server.Uri);
        Fails(1, "at offset", "copy", files["disk"], server.Uri);
    }

    private static string Ok(string verb, params string[] arguments) => Tool.Ok(90, PentodeProcess.Binary, ["blocks", verb, .. arguments]);

    private static void Fails(int status, string because, string verb, params string[] arguments)
    {
        var result = Tool.Run(60, PentodeProcess.Binary, ["blocks", verb, .. arguments]);
        Assert.True(result.Status == status && result.Error.Contains(because, StringComparison.Ordinal), $"exit {result.Status}: {result.Error}");
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
    }

    // Random data, holes, zeroes that are data, and single bytes at uneven places.
    private static void WriteDisk(string path)
    {
        var random = new Random(11);
        using var disk = File.Create(path);
        disk.SetLength(DiskBytes);
        var data = new byte[3 << 20];
        random.NextBytes(data);
        disk.Position = 5 << 20;
        disk.Write(data);
        disk.Position = (10 << 20) + 123;
        disk.Write(data.AsSpan(0, 77777));
        disk.Position = 12 << 20;
        disk.Write(new byte[1 << 20]);
        disk.Position = DiskBytes - 1;
        disk.WriteByte(1);
    }

    private static PentodeProcess Serve(TemporaryDirectory files, string engine, string transport, out string uri)
    {
        var socket = files["nbd.sock"];
        var control = files["control.sock"];
        var daemon = transport == "tcp"
            ? PentodeProcess.Start("blocks", "serve", "0", files["disk"], "--engine", engine, "--control", control)
            : PentodeProcess.Start("blocks", "serve", "-", files["disk"], "--unix", socket, "--engine", engine, "--control", control);
        uri = transport == "tcp" ? $"nbd://127.0.0.1:{daemon.Port("nbd")}/" : $"nbd+unix:///?socket={socket}";
        return daemon;
    }

    private static string Checksum(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }

    private static long AllocatedBytes(string path) => 512 * long.Parse(Tool.Ok(10, "stat", "-c", "%b", path), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A server of another project in the foreground, on a Unix socket, over the file "disk".</summary>
    private sealed class Peer : IDisposable
    {
        private readonly Process _process;

        private readonly string? _pidFile;

        private Peer(Process process, string uri, string? pidFile)
        {
            _process = process;
            Uri = uri;
            _pidFile = pidFile;
        }

        public string Uri { get; }

        public static Peer Start(string kind, TemporaryDirectory files)
        {
            var socket = files["peer.sock"];
            var disk = files["disk"];
            string[] nbdkit = ["nbdkit", "-f", "-U", socket];
            string[] command = kind switch
            {
                "nbdkit-file" => [.. nbdkit, "file", disk],
                "nbdkit-oldstyle" => [.. nbdkit, "-o", "file", disk],
                "nbdkit-no-structured" => [.. nbdkit, "--no-sr", "file", disk],
                "nbdkit-plain-handshake" => [.. nbdkit, "--mask-handshake=0", "file", disk],
                "nbdkit-blocks" => [.. nbdkit, "--filter=blocksize-policy", "file", disk, "blocksize-minimum=4096", "blocksize-preferred=65536", "blocksize-maximum=131072", "blocksize-error-policy=error"],
                "nbdkit-sparse-random" => [.. nbdkit, "sparse-random", $"size={DiskBytes}", "seed=5", "percent=40", "runlength=204800"],
                "nbdkit-directory" => [.. nbdkit, "file", $"dir={files["many"]}"],
                "nbdkit-error" => [.. nbdkit, "--filter=error", "memory", $"{DiskBytes}", "error=ENOSPC", "error-pwrite-rate=100%"],
                "qemu-nbd" => ["qemu-nbd", "-f", "raw", "-t", "-e", "8", "-k", socket, disk],
                _ => ["nbd-server", "-C", Configuration(files, socket, disk), "-p", files["pid"]],
            };
            Tool.Require(command[0]);
            var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true };
            start.Environment["PATH"] = "/usr/bin:/usr/sbin:" + Environment.GetEnvironmentVariable("PATH");
            var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.OutputDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();

            // nbd-server without -d goes to the background, with it serves only once.
            var isDaemon = kind == "nbd-server";
            var peer = new Peer(process, $"nbd+unix:///{(isDaemon ? "disk" : "")}?socket={socket}", isDaemon ? files["pid"] : null);
            var deadline = Stopwatch.StartNew();
            while (!IsAnswering(socket))
            {
                if (deadline.Elapsed > TimeSpan.FromSeconds(20) || (process.HasExited && !isDaemon))
                {
                    peer.Dispose();
                    throw new InvalidOperationException($"{string.Join(' ', command)} does not serve");
                }

                Thread.Sleep(20);
            }

            return peer;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
            if (_pidFile is not null && File.Exists(_pidFile))
                Tool.Run(5, "/bin/kill", "-TERM", File.ReadAllText(_pidFile).Trim());
        }

        private static string Configuration(TemporaryDirectory files, string socket, string disk)
        {
            File.WriteAllText(files["config"], $"[generic]\nunixsock = {socket}\n[disk]\nexportname = {disk}\nflush = true\nfua = true\ntrim = true\n");
            return files["config"];
        }

        private static bool IsAnswering(string socket)
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                probe.Connect(new UnixDomainSocketEndPoint(socket));
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}

using System.Security.Cryptography;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Nbd;

/// <summary>The real NBD clients against the real daemon: both engines, TCP and Unix.</summary>
public sealed class NbdPeerTests
{
    private const int DiskBytes = 64 << 20;

    public static TheoryData<string, string> Matrix() => new()
    {
        { "ring", "tcp" },
        { "ring", "unix" },
        { "portable", "tcp" },
        { "portable", "unix" },
    };

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Nbdinfo_tells_size_and_map(string engine, string transport)
    {
        Tool.Require("nbdinfo");
        using var files = new TemporaryDirectory();
        using (var disk = File.Create(files["disk"]))
        {
            disk.SetLength(DiskBytes);
            disk.Position = 1 << 20;
            disk.Write(new byte[65536].Select(_ => (byte)7).ToArray());
        }

        using var daemon = Serve(files, engine, transport, out var uri);
        Assert.Equal($"{DiskBytes}", Tool.Ok(20, "nbdinfo", "--size", uri).Trim());
        Assert.Contains("\"export-size\": 67108864", Tool.Ok(20, "nbdinfo", "--json", uri), StringComparison.Ordinal);
        var map = Tool.Ok(20, "nbdinfo", "--map", uri);
        Assert.Contains("hole,zero", map, StringComparison.Ordinal);
        Assert.Contains("data", map, StringComparison.Ordinal);
        Assert.Equal(0, daemon.Terminate());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Nbdcopy_carries_every_byte_both_ways(string engine, string transport)
    {
        Tool.Require("nbdcopy");
        using var files = new TemporaryDirectory(memory: true);
        var content = new byte[DiskBytes];
        new Random(42).NextBytes(content.AsSpan(0, DiskBytes / 2));
        File.WriteAllBytes(files["source"], content);
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes);
        using var daemon = Serve(files, engine, transport, out var uri);
        Tool.Ok(60, "nbdcopy", "--flush", files["source"], uri);
        Tool.Ok(60, "nbdcopy", uri, files["back"]);
        Assert.Equal(Checksum(files["source"]), Checksum(files["disk"]));
        Assert.Equal(Checksum(files["source"]), Checksum(files["back"]));
        Assert.Equal(0, daemon.Terminate());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Nbdsh_uses_every_command(string engine, string transport)
    {
        Tool.Require("nbdsh");
        using var files = new TemporaryDirectory();
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes);
        using var daemon = Serve(files, engine, transport, out var uri);
        const string script = """
            assert h.can_multi_conn() and h.can_flush() and h.can_fua() and h.can_trim() and h.can_zero() and h.can_cache() and h.can_df()
            h.pwrite(b"x" * 70000, 123)
            assert h.pread(70000, 123) == b"x" * 70000
            h.pwrite(b"y" * 4096, 8192, nbd.CMD_FLAG_FUA)
            assert h.pread(4096, 8192) == b"y" * 4096
            h.flush()
            h.zero(4096, 8192)
            assert h.pread(4096, 8192) == bytes(4096)
            h.pwrite(b"z" * 65536, 1 << 20)
            h.zero(65536, 1 << 20, nbd.CMD_FLAG_NO_HOLE)
            assert h.pread(65536, 1 << 20) == bytes(65536)
            h.trim(65536, 1 << 20)
            h.cache(65536, 0)
            got = []
            def extent(metacontext, offset, entries, err): got.append((metacontext, entries))
            h.block_status(1 << 20, 0, extent)
            assert got and got[0][0] == "base:allocation", got
            h.block_status(1 << 20, 0, extent, nbd.CMD_FLAG_REQ_ONE)
            chunks = []
            def chunk(buf, offset, status, err): chunks.append((len(buf), offset, status))
            h.pread_structured(4096, 0, chunk, nbd.CMD_FLAG_DF)
            assert sum(c[0] for c in chunks) == 4096, chunks
            big = h.pread(48 << 20, 0)
            assert len(big) == 48 << 20
            h.pwrite(bytes(48 << 20), 0)
            h.set_strict_mode(0)
            import errno
            for call, want in ((lambda: h.pread(4096, h.get_size()), errno.EINVAL), (lambda: h.pwrite(b"a" * 512, h.get_size()), errno.ENOSPC),
                               (lambda: h.trim(512, h.get_size()), errno.EINVAL)):
                try:
                    call()
                    assert False, "must fail"
                except nbd.Error as e:
                    assert e.errnum == want, (e.errnum, want)
            h.pread(512, 0)
            h.shutdown()
            """;
        Tool.Ok(60, "nbdsh", "--base-allocation", "-u", uri, "-c", script);
        Assert.Equal(0, daemon.Terminate());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Qemu_tools_read_write_zero_and_discard(string engine, string transport)
    {
        Tool.Require("qemu-io");
        using var files = new TemporaryDirectory();
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes);
        using var daemon = Serve(files, engine, transport, out var uri);
        var output = Tool.Ok(
            60, "qemu-io", "-f", "raw", "-c", "write -P 0xab 0 64k", "-c", "read -P 0xab 0 64k", "-c", "write -z 64k 64k", "-c", "read -P 0 64k 64k",
            "-c", "write -f -P 1 1M 4k", "-c", "discard 0 64k", "-c", "flush", "-c", "aio_write -P 3 2M 1M", "-c", "aio_flush", "-c", "read -P 3 2M 1M", uri);
        Assert.DoesNotContain("failed", output, StringComparison.OrdinalIgnoreCase);
        Tool.Ok(60, "qemu-img", "info", uri);
        Tool.Ok(60, "qemu-img", "bench", "-f", "raw", "-c", "2000", "-d", "32", "-s", "4096", uri);
        Tool.Ok(60, "qemu-img", "convert", "-f", "raw", "-O", "raw", uri, files["out"]);
        Assert.Equal(Checksum(files["disk"]), Checksum(files["out"]));
        Assert.Equal(0, daemon.Terminate());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Fio_verifies_random_reads_and_writes(string engine, string transport)
    {
        Tool.Require("fio");
        using var files = new TemporaryDirectory(memory: true);
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes);
        using var daemon = Serve(files, engine, transport, out var uri);
        Tool.Ok(
            90, "fio", "--name=verify", "--ioengine=nbd", $"--uri={uri}", "--rw=randrw", "--bs=4k", "--iodepth=32", "--size=16m", "--verify=crc32c",
            "--verify_fatal=1", "--allow_mounted_write=1", $"--aux-path={files.Path}");
        Assert.Equal(0, daemon.Terminate());
    }

    [Fact]
    public void What_was_flushed_is_there_after_a_kill()
    {
        Tool.Require("nbdsh");
        using var files = new TemporaryDirectory();
        using (var disk = File.Create(files["disk"]))
            disk.SetLength(DiskBytes);
        using var daemon = Serve(files, "ring", "tcp", out var uri);
        Tool.Ok(30, "nbdsh", "-u", uri, "-c", "h.pwrite(b'k' * 1048576, 0)\nh.flush()");
        daemon.Kill();
        using var again = Serve(files, "ring", "tcp", out uri);
        Tool.Ok(30, "nbdsh", "-u", uri, "-c", "assert h.pread(1048576, 0) == b'k' * 1048576");
        Assert.Equal(0, again.Terminate());
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
}

using System.Diagnostics;
using System.Globalization;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.Locks;

/// <summary>Two <c>pentode files mount 9p://…</c> of one export: flock(2) and fcntl(2) exclude from one to the other, as two machines would.</summary>
public sealed class RemoteFileLockTests : IDisposable
{
    private const int Patience = 60;

    private readonly Mounted _place = new();
    private readonly List<PentodeProcess> _mounts = [];
    private PentodeProcess? _server;
    private Process? _diod;

    [Theory]
    [InlineData("pentode")]
    [InlineData("diod")]
    public void Flock_excludes_between_mounts_and_is_handed_over(string server)
    {
        var (one, two) = Serve(server);
        Assert.Equal("1\n", Tool.Ok(Patience, "flock", one, "-c", $"flock -n {two} true; echo $?"));
        Assert.Equal("1\n", Tool.Ok(Patience, "flock", "-s", one, "-c", $"flock -n {two} true; echo $?"));
        Assert.Equal("0\n", Tool.Ok(Patience, "flock", "-s", one, "-c", $"flock -s -n {two} true; echo $?"));
        // Within one mount, too: two open files of it.
        Assert.Equal("1\n", Tool.Ok(Patience, "flock", one, "-c", $"flock -n {one} true; echo $?"));
        Assert.Equal("0\n", Tool.Ok(Patience, "sh", "-c", $"flock -n {two} true; echo $?"));
        Assert.Equal("0\n", Tool.Ok(Patience, "sh", "-c", $"flock -n {one} true; echo $?"));
        // An open file that others inherit: whoever has it may give the lock back.
        Assert.Equal("0\n", Tool.Ok(Patience, "sh", "-c", $"(flock 9; flock -u 9; flock -n {two} true; echo $?) 9>>{one}"));
        Assert.Equal("first\nsecond\n", Tool.Ok(Patience, "sh", "-c", $"(flock 9; sleep 1; echo first) 9>>{one} & sleep 0.3; flock {two} echo second; wait"));
        using var holder = Hold(one, "0, 0");
        var name = holder.StandardOutput.ReadLine();
        // Some servers know that a file is locked, and not by whom.
        Assert.Equal(server == "diod" ? "w 5 0 0\n" : $"w 0 0 {name}\n", Python($"who('{two}', 'r', 5, 0)"));
        holder.Kill();
        Assert.DoesNotContain("lock", _mounts[0].Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranges_exclude_between_mounts_and_the_holder_is_named()
    {
        var (one, two) = Serve("pentode");
        using var holder = Hold(one, "0, 10");
        var name = holder.StandardOutput.ReadLine();
        Assert.Equal("EAGAIN\n", Python($"lock('{two}', 'r', 9, 1)"));
        Assert.Equal("EAGAIN\n", Python($"lock('{one}', 'r', 9, 1)"));
        Assert.Equal("had\n", Python($"lock('{two}', 'w', 10, 0)"));
        Assert.Equal($"w 0 10 {name}\n", Python($"who('{two}', 'r', 5, 0)"));
        Assert.Equal($"w 0 10 {name}\n", Python($"who('{one}', 'r', 5, 0)"));
        Assert.Equal("nobody\n", Python($"who('{two}', 'w', 10, 0)"));
        using var waiter = Start(Words + $"lock('{two}', 'w', 0, 1, wait=True)");
        Assert.False(waiter.WaitForExit(500));
        holder.Kill();
        Assert.Equal("had\n", waiter.StandardOutput.ReadToEnd());
        Assert.Equal("had\n", Python($"lock('{one}', 'w', 0, 0)"));
    }

    [Fact]
    public void A_wait_that_is_interrupted_ends_and_takes_nothing()
    {
        var (one, two) = Serve("pentode");
        using (var holder = Hold(one, "0, 0"))
        {
            _ = holder.StandardOutput.ReadLine();
            Assert.Equal("EINTR\n", Python($"alarm(); lock('{two}', 'w', 0, 0, wait=True)"));
            Assert.Equal("EINTR\n", Python($"alarm(); flock('{two}')"));
            // Killed while it waits.
            using var waiter = Process.Start("flock", [two, "true"]);
            Assert.False(waiter.WaitForExit(300));
            waiter.Kill();
            Assert.True(waiter.WaitForExit(5000));
            holder.Kill();
            holder.WaitForExit();
        }

        Assert.Equal("0\n", Tool.Ok(Patience, "sh", "-c", $"flock -n {one} true; echo $?"));
    }

    [Theory]
    [InlineData("pentode")]
    [InlineData("diod")]
    public void A_mount_that_is_killed_gives_its_locks_up(string server)
    {
        var (one, two) = Serve(server);
        using var holder = Hold(one, "0, 0");
        _ = holder.StandardOutput.ReadLine();
        using var waiter = Process.Start("flock", [two, "true"]);
        Assert.False(waiter.WaitForExit(500));
        _mounts[0].Kill();
        Assert.True(waiter.WaitForExit(Patience * 1000), "the waiter does not get it");
        Assert.Equal(0, waiter.ExitCode);
        holder.Kill();
    }

    [Fact]
    public void What_was_written_under_the_lock_is_read_under_the_lock()
    {
        var (one, two) = Serve("pentode");
        // Both have the page in their cache, and the size does not change.
        var script = Words + $"import time\na, b = open('{one}', 'r+b', 0), open('{two}', 'r+b', 0)\na.write(b'00000'); b.read(); time.sleep(0.1)\n"
            + "for n in range(50):\n  for f, other in ((a, b), (b, a)):\n    fcntl.flock(f, fcntl.LOCK_EX); f.seek(0); v = int(f.read()); f.seek(0); f.write(b'%05d' % (v + 1)); time.sleep(0.005); fcntl.flock(f, fcntl.LOCK_UN)\n"
            + "a.seek(0); print(int(a.read()))";
        Assert.Equal("100\n", Tool.Ok(Patience, "python3", "-c", script));
    }

    [Fact]
    public void When_the_server_is_gone_nothing_pretends_to_hold_a_lock()
    {
        var (one, _) = Serve("pentode");
        using var holder = Start(Words + $"f = open('{one}', 'r+b', 0); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()\n"
            + "for what in (lambda: f.write(b'x'), lambda: fcntl.flock(f, fcntl.LOCK_EX), lambda: fcntl.lockf(f, fcntl.LOCK_EX)): show(what)");
        Assert.Equal("held", holder.StandardOutput.ReadLine());
        using var waiter = Process.Start(new ProcessStartInfo("flock", [one, "true"]) { RedirectStandardError = true })!;
        Assert.False(waiter.WaitForExit(300));
        _server!.Kill();
        Thread.Sleep(200);
        holder.StandardInput.WriteLine();
        Assert.Equal("ECONNRESET\nECONNRESET\nECONNRESET\n", holder.StandardOutput.ReadToEnd());
        // Who waits behind a lock of the same mount hears of it when that is gone.
        Assert.True(waiter.WaitForExit(Patience * 1000));
        Assert.NotEqual(0, waiter.ExitCode);
    }

    public void Dispose()
    {
        foreach (var mount in _mounts)
            mount.Dispose();
        _server?.Dispose();
        if (_diod is not null)
        {
            _diod.Kill();
            _diod.Dispose();
        }

        _place.Dispose();
    }

    private const string Words = """
        import fcntl, struct, errno, os, signal, sys
        kinds = {'r': fcntl.F_RDLCK, 'w': fcntl.F_WRLCK}
        def show(what):
            try: what(); print('had')
            except OSError as e: print(errno.errorcode[e.errno])
        def pack(kind, start, length): return struct.pack('hhqqi4x', kinds[kind], 0, start, length, 0)
        def lock(path, kind, start, length, wait=False):
            f = open(path, 'r+b'); show(lambda: fcntl.fcntl(f, fcntl.F_SETLKW if wait else fcntl.F_SETLK, pack(kind, start, length)))
        def flock(path):
            f = open(path, 'r+b'); show(lambda: fcntl.flock(f, fcntl.LOCK_EX))
        def who(path, kind, start, length):
            f = open(path, 'r+b'); k, _, s, n, pid = struct.unpack('hhqqi4x', fcntl.fcntl(f, fcntl.F_GETLK, pack(kind, start, length)))
            print('nobody' if k == fcntl.F_UNLCK else '%s %d %d %d' % ('w' if k == fcntl.F_WRLCK else 'r', s, n, pid))
        def stop(*_): raise OSError(errno.EINTR, '')
        def alarm(): signal.signal(signal.SIGALRM, stop); signal.setitimer(signal.ITIMER_REAL, 0.4)

        """;

    private static string Python(string script) => Tool.Ok(Patience, "python3", "-c", Words + script);

    private static Process Hold(string path, string range)
    {
        var script = Words + $"lock_file = open('{path}', 'r+b'); s, n = {range}; fcntl.fcntl(lock_file, fcntl.F_SETLK, pack('w', s, n)); print(os.getpid(), flush=True); sys.stdin.read()";
        return Start(script);
    }

    // It ends with this process: its input does.
    private static Process Start(string script) =>
        Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;

    /// <summary>A file as two mounts of one export see it.</summary>
    private (string One, string Two) Serve(string server)
    {
        Mounted.Require();
        Tool.Require("python3");
        var export = _place.Files["src"];
        Directory.CreateDirectory(export);
        File.WriteAllText(_place.Files["src/f"], "");
        var port = server == "diod" ? StartDiod(export) : StartOurs(export);
        foreach (var point in (string[])[_place.Point("one"), _place.Point("two")])
            _mounts.Add(PentodeProcess.Start("files", "mount", string.Create(CultureInfo.InvariantCulture, $"9p://127.0.0.1:{port}{export}"), point));
        return (_place.Files["one/f"], _place.Files["two/f"]);
    }

    private int StartOurs(string export)
    {
        _server = PentodeProcess.Start("files", "serve", export, "--listen", "127.0.0.1:0", "--control", _place.Files["control.sock"]);
        return _server.Port("9p");
    }

    private int StartDiod(string export)
    {
        Tool.Require("diod");
        using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        var port = ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        _diod = Process.Start(new ProcessStartInfo("diod", ["-f", "-n", "-N", "-S", "-U", "root", "-e", export, "-l", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "-c", "/dev/null", "-L", _place.Files["diod.log"]]))!;
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var client = new System.Net.Sockets.TcpClient("127.0.0.1", port);
                return port;
            }
            catch (System.Net.Sockets.SocketException)
            {
                Assert.True(waited.Elapsed.TotalSeconds < Patience && !_diod.HasExited, "diod does not start");
                Thread.Sleep(50);
            }
        }
    }
}

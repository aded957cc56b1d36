using System.Diagnostics;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.LockTree;

/// <summary>Real processes on two nodes that wait for one another through FUSE mounts.</summary>
public sealed class DeadlockTests
{
    private const int Patience = 60;

    // Opens the first lock, says so, waits for a word, opens the second, says how that ended.
    private const string Take = """
        import errno, os, sys, threading, time
        first, second, how = sys.argv[1:4]
        fd = os.open(first, os.O_RDWR | os.O_CREAT, 0o644)
        if how == "threads":
            threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
        if how == "passed":
            child = os.fork()
            if child == 0:
                time.sleep(5)
                os._exit(0)
            os.close(fd)
        print("has", flush=True)
        sys.stdin.readline()
        try:
            os.open(second, os.O_RDWR | os.O_CREAT, 0o644)
            print("ok", flush=True)
        except OSError as e:
            print("EDEADLK" if e.errno == errno.EDEADLK else os.strerror(e.errno), flush=True)
            os.close(fd)
        """;

    [Fact]
    public void Two_processes_on_two_nodes_who_want_what_the_other_has()
    {
        using var m = Mounted.Locks();
        using var pair = new Pair(m, "plain", "plain");
        pair.Go();
        var answers = pair.Answers(Patience);
        Assert.Equal(["EDEADLK", "ok"], answers.Order(StringComparer.Ordinal));
        Assert.Contains("wait for one another in a circle", m.Process!.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_inherited_the_open_file_is_found_as_well()
    {
        using var m = Mounted.Locks();
        foreach (var tree in (string[])["a", "b"])
            Directory.CreateDirectory(m.Files[$"{tree}/d"]);
        // The shell opens, its child waits: neither gives anything back.
        using var one = Start("sh", "-c", $"exec 9<>{m.Files["a/d/x"]}; echo has; read word; python3 -c \"$0\" {m.Files["a/d/y"]}; exec 9>&-", OpenOnly);
        using var two = Start("sh", "-c", $"exec 9<>{m.Files["b/d/y"]}; echo has; read word; python3 -c \"$0\" {m.Files["b/d/x"]}; exec 9>&-", OpenOnly);
        Assert.Equal("has", one.StandardOutput.ReadLine());
        Assert.Equal("has", two.StandardOutput.ReadLine());
        one.StandardInput.WriteLine();
        two.StandardInput.WriteLine();
        var answers = new[] { one, two }.Select(p => Read(p, Patience) ?? "").ToArray();
        Assert.Equal(["EDEADLK", "ok"], answers.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("threads")]
    [InlineData("passed")]
    public void A_process_whose_lock_another_thread_or_process_can_give_back_is_not_refused(string how)
    {
        using var m = Mounted.Locks();
        using var pair = new Pair(m, how, "plain");
        pair.Go();
        // With "passed" the child ends after five seconds and both go on; with threads they wait on until one is killed.
        if (how == "passed")
        {
            Assert.Equal(["ok", "ok"], pair.Answers(Patience, closeAfterFirst: true));
            return;
        }

        Assert.Null(pair.AnswerWithin(TimeSpan.FromSeconds(6)));
        pair.KillFirst();
        Assert.Equal("ok", pair.SecondAnswer(Patience));
    }

    private const string OpenOnly = """
        import errno, os, sys
        try:
            os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
            print("ok", flush=True)
        except OSError as e:
            print("EDEADLK" if e.errno == errno.EDEADLK else os.strerror(e.errno), flush=True)
        """;

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static string? Read(Process process, int seconds)
    {
        var line = process.StandardOutput.ReadLineAsync();
        Assert.True(line.Wait(TimeSpan.FromSeconds(seconds)), "no answer");
        return line.Result;
    }

    private sealed class Pair : IDisposable
    {
        private readonly Process _one;
        private readonly Process _two;
        private Task<string?>? _first;
        private Task<string?>? _second;

        internal Pair(Mounted m, string first, string second)
        {
            foreach (var tree in (string[])["a", "b"])
                Directory.CreateDirectory(m.Files[$"{tree}/d"]);
            _one = Start("python3", "-c", Take, m.Files["a/d/x"], m.Files["a/d/y"], first);
            _two = Start("python3", "-c", Take, m.Files["b/d/y"], m.Files["b/d/x"], second);
            Assert.Equal("has", Read(_one, Patience));
            Assert.Equal("has", Read(_two, Patience));
        }

        internal void Go()
        {
            _one.StandardInput.WriteLine();
            _two.StandardInput.WriteLine();
            _first = _one.StandardOutput.ReadLineAsync();
            _second = _two.StandardOutput.ReadLineAsync();
        }

        /// <summary>Both answers; with <paramref name="closeAfterFirst"/> who is answered first ends, so that the other can be.</summary>
        internal string[] Answers(int seconds, bool closeAfterFirst = false)
        {
            if (closeAfterFirst)
                Task.WhenAny(_first!, _second!).Wait(TimeSpan.FromSeconds(seconds));
            Assert.True(Task.WaitAll([_first!, _second!], TimeSpan.FromSeconds(seconds)), "no answer");
            return [_first!.Result ?? "", _second!.Result ?? ""];
        }

        internal string? AnswerWithin(TimeSpan time) =>
            Task.WhenAny(_first!, _second!, Task.Delay(time)).Result is Task<string?> answered ? answered.Result : null;

        internal void KillFirst() => _one.Kill();

        internal string? SecondAnswer(int seconds)
        {
            Assert.True(_second!.Wait(TimeSpan.FromSeconds(seconds)), "no answer");
            return _second.Result;
        }

        public void Dispose()
        {
            foreach (var process in new[] { _one, _two })
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
                process.Dispose();
            }
        }
    }
}

using System.Diagnostics;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.LockTree;

/// <summary>Programs on the mount that take no answers: stopped while an open waits, while they poll, in the middle of a listing.</summary>
public sealed class StoppedClientTests
{
    private const int Patience = 60;

    [Fact]
    public void A_client_that_is_stopped_holds_up_nobody_and_goes_without_a_trace()
    {
        using var m = Mounted.Locks();
        foreach (var tree in (string[])["a", "b"])
            Directory.CreateDirectory(m.Files[$"{tree}/d"]);
        for (var i = 0; i < 200; i++)
            File.WriteAllText(m.Files[$"a/d/l{i}"], "");

        // Opens a listing and the view of all locks and never reads them, polls one lock, and waits for another that is held on the other node.
        using var holder = Start("""
            import os, sys
            fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
            print("has", flush=True)
            sys.stdin.readline()
            """, m.Files["b/d/wanted"]);
        Assert.Equal("has", holder.StandardOutput.ReadLine());
        using var stopped = Start("""
            import os, select, sys, threading
            tree = sys.argv[1]
            listing, view = os.open(tree + "/d", os.O_RDONLY), os.open(tree + "/.locks", os.O_RDONLY)
            polled = os.open(tree + "/d/polled", os.O_RDWR | os.O_CREAT, 0o644)
            p = select.poll()
            p.register(polled, select.POLLIN)
            threading.Thread(target=p.poll, daemon=True).start()
            print("ready", flush=True)
            os.open(tree + "/d/wanted", os.O_RDWR | os.O_CREAT, 0o644)
            print("got it", flush=True)
            sys.stdin.readline()
            """, m.Files["a"]);
        Assert.Equal("ready", stopped.StandardOutput.ReadLine());
        Thread.Sleep(500);
        Tool.Ok(10, "kill", "-STOP", $"{stopped.Id}");

        // Others of both nodes go on, also with what the stopped one polls: it holds it, so a try fails and fails at once.
        var clock = Stopwatch.StartNew();
        Tool.Ok(Patience, "sh", "-c", $"for i in $(seq 50); do : 3<>{m.Files["a/d/other"]}; : 3<>{m.Files["b/d/other"]}; done; ls {m.Files["a/d"]} | wc -l; cat {m.Files["a/.locks"]} > /dev/null");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        Assert.Contains("Text file busy", Tool.Run(Patience, "python3", "-c", $"import os; os.open('{m.Files["b/d/polled"]}', os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)").Error, StringComparison.Ordinal);

        // What it waits for is granted to it though it sleeps, and is its own until it is killed; then it is had elsewhere at once.
        holder.StandardInput.WriteLine();
        Assert.True(holder.WaitForExit(Patience * 1000));
        stopped.Kill();
        Assert.True(stopped.WaitForExit(Patience * 1000));
        Tool.Ok(Patience, "sh", "-c", $": 3<>{m.Files["b/d/wanted"]}; : 3<>{m.Files["b/d/polled"]}");
        Assert.Equal(0, m.Process!.Terminate());
    }

    private static Process Start(string script, string argument) =>
        Process.Start(new ProcessStartInfo("python3", ["-c", script, argument]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
}

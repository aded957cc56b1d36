using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.LockTree;

/// <summary>The session of the dlmfs documentation with a shell, on two mounts that act as two nodes; and the commands of <c>pentode locks</c>.</summary>
public sealed class LockSessionTests
{
    private const int Patience = 120;

    [Fact]
    public void The_session_of_the_documentation()
    {
        using var m = Mounted.Locks();
        var (a, b) = (m.Files["a"], m.Files["b"]);

        // mkdir joins, on each node.
        Tool.Ok(Patience, "mkdir", a + "/mydomain", b + "/mydomain");
        Assert.Equal("mydomain\n", Tool.Ok(Patience, "ls", a));

        // Shared twice; exclusive is refused at once, then waits.
        Assert.Equal("ok\n", Sh($"exec 8<>/dev/null 3>>{a}/mydomain/l 3>&-; exec 4<{a}/mydomain/l; touch {b}/mydomain/other; : > {b}/mydomain/l.b; echo ok"));
        Assert.Equal("shared\n", Sh($"touch {a}/mydomain/s; python3 -c \"import os; os.mknod('{b}/mydomain/s')\"; exec 4<{a}/mydomain/s; exec 5<{b}/mydomain/s; echo shared"));
        var refused = Tool.Run(Patience, "sh", "-c", $"exec 4<{a}/mydomain/s; python3 -c \"import os; os.open('{b}/mydomain/s', os.O_RDWR | os.O_NONBLOCK)\"");
        Assert.Contains("Text file busy", refused.Error, StringComparison.Ordinal);

        // The value written on one node is read on the other, and closing hands over.
        Assert.Equal("from a\n", Sh($"exec 4<>{a}/mydomain/s; printf 'from a\\n' >&4; (sleep 0.2; exec 4>&-) & exec 4>&-; head -n 1 {b}/mydomain/s; wait"));
        Assert.Equal("released\nfrom b\n", Sh(
            $"exec 4<>{b}/mydomain/s; printf 'from b\\n' >&4; (exec 4>&-; head -n 1 {a}/mydomain/s > {m.Files["out"]}) & sleep 0.3; test -s {m.Files["out"]} || echo released; exec 4>&-; wait; cat {m.Files["out"]}"));

        // Modes are local; rm and rmdir take everything away.
        Sh($"chmod 0640 {a}/mydomain/s");
        Assert.Equal("640 600\n", Sh($"echo $(stat -c %a {a}/mydomain/s {b}/mydomain/s)"));
        Assert.Contains("not empty", Tool.Run(Patience, "rmdir", a + "/mydomain").Error, StringComparison.Ordinal);
        Sh($"rm {a}/mydomain/* {b}/mydomain/*; rmdir {a}/mydomain {b}/mydomain");
        Assert.Equal(0, m.Process!.Terminate());
    }

    [Fact]
    public void A_command_runs_under_a_lock()
    {
        using var m = Mounted.Locks();
        var tree = new[] { "--tree", m.Files["a"] };
        Assert.Equal("1 jobs/l\n", Run(["run", .. tree, "jobs/l", "--", "sh", "-c", "echo $PENTODE_LOCK_TOKEN $PENTODE_LOCK"]).Output);
        Assert.Equal(7, Run(["run", .. tree, "jobs/l", "--", "sh", "-c", "exit 7"]).Status);
        Assert.Equal(127, Run(["run", .. tree, "jobs/l", "--", "/nonexistent"]).Status);
        Assert.Equal(2, Run(["run", .. tree, "nolock", "--", "true"]).Status);
        Assert.Equal(2, Run(["run", .. tree, "-s", "-x", "jobs/l", "--", "true"]).Status);
        Assert.Equal(1, Run(["run", "--tree", m.Files["none"], "jobs/l", "--", "true"]).Status);

        // Held there: refused at once, refused after a while, had in the end.
        Directory.CreateDirectory(m.Files["b/jobs"]);
        using (var held = new FileStream(m.Files["b/jobs/l"], FileMode.OpenOrCreate, FileAccess.ReadWrite))
        {
            Assert.Equal(75, Run(["run", .. tree, "-n", "-E", "75", "jobs/l", "--", "true"]).Status);
            Assert.Equal(1, Run(["run", .. tree, "-w", "0.2", "jobs/l", "--", "true"]).Status);
            using var waits = System.Diagnostics.Process.Start(PentodeProcess.Binary, ["locks", "run", .. tree, "jobs/l", "--", "true"]);
            Assert.False(waits.WaitForExit(300));
            held.Dispose();
            Assert.True(waits.WaitForExit(TimeSpan.FromSeconds(Patience)));
            Assert.Equal(0, waits.ExitCode);
        }

        // Two that share; the lock goes with the command even when 'run' is killed before it.
        Assert.Equal("both\n", Run(["run", .. tree, "-s", "jobs/l", "--", PentodeProcess.Binary, "locks", "run", "--tree", m.Files["b"], "-s", "jobs/l", "--", "echo", "both"]).Output);
    }

    [Fact]
    public void Locks_are_listed_and_broken()
    {
        using var m = Mounted.Locks("--node", "one");
        var control = new[] { "--control", m.Files["control.sock"] };
        Directory.CreateDirectory(m.Files["a/jobs"]);
        Directory.CreateDirectory(m.Files["b/jobs"]);
        using var held = new FileStream(m.Files["b/jobs/l"], FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var table = Run(["list", .. control]).Output;
        Assert.Matches(@"(?m)^jobs/l +one-2 +exclusive +none +1", table);
        Assert.Contains("\"granted\":\"exclusive\"", Run(["list", "--json", .. control, "jobs"]).Output, StringComparison.Ordinal);
        Assert.Contains("one (this)", Run(["list", "--nodes", .. control]).Output, StringComparison.Ordinal);
        Assert.Contains("jobs/l\tone-2\texclusive\tnone\t1\n", File.ReadAllText(m.Files["a/.locks"]), StringComparison.Ordinal);
        var refused = Run(["break", .. control, "jobs/l"]);
        Assert.Equal(1, refused.Status);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, Run(["break", "--force", .. control, "jobs/l"]).Status);
        Assert.Equal(0, Run(["run", "--tree", m.Files["a"], "jobs/l", "--", "true"]).Status);
        Assert.Contains("Stale", Assert.ThrowsAny<IOException>(() => held.ReadByte()).Message, StringComparison.Ordinal);
        Assert.Equal(1, Run(["declare-dead", .. control, "nobody"]).Status);
        Assert.Equal(1, Run(["list", "--control", m.Files["none"]]).Status);
    }

    [Fact]
    public void A_daemon_without_a_mount_serves_locks_over_9p()
    {
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["p.yaml"], $"""
            files:
              listen: 127.0.0.1:0
            locks:
              directory: {files["store"]}
              node: alone
            control:
              socket: {files["control.sock"]}
            """);
        using var daemon = PentodeProcess.Start("serve", files["p.yaml"]);
        var uri = $"9p://127.0.0.1:{daemon.Port("9p")}";
        Assert.Equal("bast stackglue\n", Tool.Ok(Patience, PentodeProcess.Binary, "files", "cat", uri + "/.capabilities?aname=locks"));
        Assert.Equal("[]", Run(["list", "--json", "--control", files["control.sock"]]).Output.Trim());
        Assert.Equal(0, daemon.Terminate());
    }

    [Fact]
    public void A_second_daemon_on_one_store_is_refused()
    {
        using var m = Mounted.Locks();
        var second = Run(["mount", "--control", m.Files["second.sock"], "--directory", m.Files["store"], m.Point("c")]);
        Assert.Equal(5, second.Status);
        Assert.Contains(m.Files["store"], second.Error, StringComparison.Ordinal);
    }

    private static ToolResult Run(string[] arguments) => Tool.Run(Patience, PentodeProcess.Binary, ["locks", .. arguments]);

    private static string Sh(string script) => Tool.Ok(Patience, "sh", "-c", script);
}

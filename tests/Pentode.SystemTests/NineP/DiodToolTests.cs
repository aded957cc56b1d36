using Pentode.Testing.Processes;

namespace Pentode.SystemTests.NineP;

/// <summary>The tools of Debian's diod package against the real daemon.</summary>
public sealed class DiodToolTests
{
    public static TheoryData<string, string> Ways { get; } = new()
    {
        { "ring", "tcp" },
        { "ring", "unix" },
        { "portable", "tcp" },
        { "portable", "unix" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Diodls_and_diodcat_list_and_read(string engine, string transport)
    {
        Tool.Require("diodls");
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["hello.txt"], "hello from 9P\n");
        Directory.CreateDirectory(files["sub"]);
        var big = new byte[3 << 20];
        new Random(7).NextBytes(big);
        File.WriteAllText(files["sub/big"], Convert.ToBase64String(big));
        Serve(engine, transport, files, server =>
        {
            var list = Tool.Ok(30, "diodls", "-s", server, "-a", files.Path, "/");
            Assert.Contains("hello.txt", list, StringComparison.Ordinal);
            Assert.Contains("sub", list, StringComparison.Ordinal);
            Assert.Contains("big", Tool.Ok(30, "diodls", "-l", "-s", server, "-a", files["sub"], "/"), StringComparison.Ordinal);
            Assert.Equal("hello from 9P\n", Tool.Ok(30, "diodcat", "-s", server, "-a", files.Path, "hello.txt"));
            Assert.Equal(Convert.ToBase64String(big), Tool.Ok(60, "diodcat", "-s", server, "-a", files.Path, "sub/big"));
            Assert.NotEqual(0, Tool.Run(30, "diodls", "-s", server, "-a", files.Path + "x", "/").Status);
            Assert.NotEqual(0, Tool.Run(30, "diodcat", "-s", server, "-a", files.Path, "none").Status);
        });
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_ctl_export_serves_diods_own_tools(string engine, string transport)
    {
        Tool.Require("diodload");
        using var files = new TemporaryDirectory();
        Serve(engine, transport, files, server =>
        {
            var list = Tool.Ok(30, "diodls", "-s", server, "-a", "ctl", "/");
            foreach (var name in (string[])["version", "date", "connections", "exports", "tpools", "meminfo", "zero", "null"])
                Assert.Contains(name, list, StringComparison.Ordinal);
            Assert.StartsWith("pentode-", Tool.Ok(30, "diodcat", "-s", server, "-a", "ctl", "version"), StringComparison.Ordinal);
            Assert.Contains(files.Path + " - - -\n", Tool.Ok(30, "diodcat", "-s", server, "-a", "ctl", "exports"), StringComparison.Ordinal);
            Tool.Ok(30, "dioddate", "-s", server);
            Assert.Contains(transport == "unix" ? "unix" : "127.0.0.1", Tool.Ok(30, "diodshowmount", "-l", "-s", server), StringComparison.Ordinal);

            // Copies from zero to null with each thread on a connection of its own, then asks for attributes.
            foreach (var kind in (string[][])[[], ["-g"]])
            {
                var load = Tool.Run(60, "diodload", ["-s", server, "-r", "1", "-n", "8", .. kind]);
                Assert.Equal(0, load.Status);
                Assert.Matches("[1-9][0-9]* ops/s", load.Output + load.Error);
                Assert.DoesNotContain("error", load.Error, StringComparison.Ordinal);
            }

            var pools = Tool.Ok(30, "diodcat", "-s", server, "-a", "ctl", "tpools").Split('\n').First(l => l.StartsWith("ctl ", StringComparison.Ordinal)).Split(' ');
            Assert.Equal(55, pools.Length);
            Assert.True(long.Parse(pools[3], System.Globalization.CultureInfo.InvariantCulture) > 0, "bytes read");
        });
    }

    private static void Serve(string engine, string transport, TemporaryDirectory files, Action<string> body)
    {
        using var state = new TemporaryDirectory();
        var socket = state["9p.sock"];
        string[] listen = transport == "unix" ? ["--unix", socket] : ["--listen", "127.0.0.1:0"];
        using var daemon = PentodeProcess.Start(["files", "serve", files.Path, .. listen, "--engine", engine, "--control", state["control.sock"]]);
        body(transport == "unix" ? socket : $"127.0.0.1:{daemon.Port("9p")}");
        Assert.Equal(0, daemon.Terminate());
        Assert.DoesNotContain("malformed", daemon.Errors, StringComparison.Ordinal);
    }
}

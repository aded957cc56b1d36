using System.Diagnostics;
using System.Globalization;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.Fuse;

/// <summary>Mounts begin and end: signals, crashes, users, backgrounds, clients that go away.</summary>
public sealed class FuseLifeTests
{
    private const int Patience = 120;

    [Fact]
    public void A_server_that_was_killed_leaves_nothing_that_the_next_does_not_clear()
    {
        using var m = Mounted.Directory();
        File.WriteAllText(m.Files["mnt/f"], "x");
        m.Process!.Kill();
        Assert.Contains("not connected", Tool.Run(Patience, "ls", m.Files["mnt"]).Error, StringComparison.Ordinal);
        m.Start("files", "mount", m.Files["src"], m.Files["mnt"]);
        Assert.Equal("x", File.ReadAllText(m.Files["mnt/f"]));
        Assert.Equal(0, m.Process!.Terminate());
        Assert.DoesNotContain(m.Files["mnt"], File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
    }

    [Fact]
    public void Unmounting_by_hand_ends_the_server()
    {
        using var m = Mounted.Directory();
        Tool.Ok(Patience, "umount", m.Files["mnt"]);
        Assert.True(Eventually(() => !Directory.Exists($"/proc/{m.Process!.Id}/task") || State(m.Process.Id) == 'Z'));
    }

    [Fact]
    public void A_signal_unmounts_even_while_files_are_open()
    {
        using var m = Mounted.Directory();
        using var open = new FileStream(m.Files["mnt/f"], FileMode.Create);
        Assert.Equal(0, m.Process!.Terminate());
        Assert.DoesNotContain(m.Files["mnt"], File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(m.Files["mnt"]));
    }

    [Fact]
    public void In_the_background_it_serves_when_the_command_returns()
    {
        Mounted.Require();
        using var m = new Mounted();
        Directory.CreateDirectory(m.Files["src"]);
        File.WriteAllText(m.Files["src/f"], "there");
        Tool.Ok(Patience, PentodeProcess.Binary, "files", "mount", "--background", m.Files["src"], m.Point("mnt"));
        Assert.Equal("there", File.ReadAllText(m.Files["mnt/f"]));
        Tool.Ok(Patience, "umount", m.Files["mnt"]);
    }

    [Fact]
    public void What_cannot_be_mounted_is_said()
    {
        Mounted.Require();
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["file"], "");
        Directory.CreateDirectory(files["src"]);
        Says("no such file or directory (ENOENT)", files["none"], files["src"]);
        Says("there is no such directory (ENOENT)", files["src"], files["none"]);
        Says("it is not a directory (ENOTDIR)", files["src"], files["file"]);
        Assert.Equal(2, Tool.Run(Patience, PentodeProcess.Binary, "files", "mount", "-o", "nonsense", files["src"], files["src"]).Status);
        var refused = Tool.Run(Patience, PentodeProcess.Binary, "files", "mount", "9p://127.0.0.1:1/x", files["src"]);
        Assert.Equal(1, refused.Status);
        Assert.Contains("9p://127.0.0.1:1/x", refused.Error, StringComparison.Ordinal);

        static void Says(string what, string source, string target)
        {
            var result = Tool.Run(Patience, PentodeProcess.Binary, "files", "mount", source, target);
            Assert.Equal(1, result.Status);
            Assert.Contains(what, result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_plain_user_mounts_with_the_helper()
    {
        Mounted.Require();
        Tool.Require("fusermount3");
        using var m = new Mounted();
        File.SetUnixFileMode(m.Files.Path, (UnixFileMode)0x1ED);
        Directory.CreateDirectory(m.Files["src"]);
        File.WriteAllText(m.Files["src/f"], "mine");
        Tool.Ok(Patience, "chown", "-R", "65534:65534", m.Files["src"], m.Point("mnt"));
        Assert.SkipUnless(As("test", "-x", PentodeProcess.Binary).Status == 0, "the build is not readable by other users");
        Assert.Equal(0, As("env", "HOME=" + m.Files["src"], PentodeProcess.Binary, "files", "mount", "--background", m.Files["src"], m.Files["mnt"]).Status);
        Assert.Equal("mine", As("cat", m.Files["mnt/f"]).Output);
        Assert.Equal(0, As("fusermount3", "-u", m.Files["mnt"]).Status);

        static ToolResult As(params string[] command) => Tool.Run(Patience, "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", .. command]);
    }

    [Fact]
    public void A_client_that_is_killed_in_the_middle_costs_only_itself()
    {
        using var m = Mounted.Directory();
        var mount = m.Files["mnt"];
        for (var i = 0; i < 10; i++)
        {
            using var writer = Process.Start("sh", ["-c", $"while :; do cat /dev/zero | head -c 3000000 > {mount}/z; ls -lR {mount} > /dev/null; done"]);
            Thread.Sleep(50);
            writer.Kill(entireProcessTree: true);
            writer.WaitForExit();
        }

        // One that listed half of a directory and stays.
        for (var i = 0; i < 300; i++)
            File.WriteAllText($"{mount}/f{i}", "");
        using var lazy = Process.Start("python3", ["-c", $"import os,time\nd=os.scandir('{mount}'); next(d); f=open('{mount}/z'); time.sleep(100)"]);
        File.WriteAllText(mount + "/after", "goes on");
        Assert.Equal("goes on", File.ReadAllText(m.Files["src/after"]));
        lazy.Kill();
        lazy.WaitForExit();
        Assert.Equal(0, m.Process!.Terminate());
        Assert.DoesNotContain("error", m.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_stops_in_the_middle_holds_nobody_up()
    {
        using var m = Mounted.Directory();
        var mount = m.Files["mnt"];
        File.WriteAllBytes(m.Files["src/big"], new byte[32 << 20]);
        for (var i = 0; i < 2000; i++)
            File.WriteAllText(m.Files[$"src/f{i}"], "");
        using var client = Process.Start("python3", ["-c", $"import os\nto=os.open('/dev/null', os.O_WRONLY)\nwhile True:\n f=os.open('{mount}/big', os.O_RDONLY)\n while os.sendfile(to, f, None, 1 << 20): os.listdir('{mount}')\n os.close(f)\n"]);
        for (var i = 0; i < 10; i++)
        {
            Thread.Sleep(30);
            Tool.Ok(Patience, "kill", "-STOP", client.Id.ToString(CultureInfo.InvariantCulture));
            Assert.Equal("x\n", Tool.Ok(Patience, "sh", "-c", $"echo x > {mount}/other; cat {mount}/other; ls -l {mount} > /dev/null"));
            if (i < 9)
                Tool.Ok(Patience, "kill", "-CONT", client.Id.ToString(CultureInfo.InvariantCulture));
        }

        // It is still stopped, with the file open.
        Assert.Equal(0, m.Process!.Terminate());
        Assert.DoesNotContain(mount, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        client.Kill();
        client.WaitForExit();
    }

    [Fact]
    public void Exports_of_a_daemon_are_mounted_as_its_configuration_says()
    {
        Mounted.Require();
        using var m = new Mounted();
        Directory.CreateDirectory(m.Files["src"]);
        File.WriteAllText(m.Files["p.yaml"], $"""
            files:
              listen: 127.0.0.1:0
              exports:
                - path: {m.Files["src"]}
            mounts:
              - path: {m.Point("mnt")}
                export: {m.Files["src"]}
            control:
              socket: {m.Files["control.sock"]}
            """);
        m.Start("serve", m.Files["p.yaml"]);
        File.WriteAllText(m.Files["mnt/f"], "through FUSE");
        // What one front end wrote the other reads: the mount over 9P of the same daemon.
        var uri = $"9p://127.0.0.1:{m.Process!.Port("9p")}{m.Files["src"]}";
        Assert.Equal("through FUSE", Tool.Ok(Patience, PentodeProcess.Binary, "files", "cat", uri + "/f"));
        var remote = m.Point("remote");
        using (var client = PentodeProcess.Start("files", "mount", uri, remote))
        {
            Assert.Equal("through FUSE", File.ReadAllText(remote + "/f"));
            Directory.CreateDirectory(remote + "/d");
            File.WriteAllText(remote + "/d/g", new string('x', 3_000_000));
            File.Move(remote + "/d/g", remote + "/h");
            Assert.Equal(3_000_000, new FileInfo(m.Files["src/h"]).Length);
            Tool.Ok(Patience, "sh", "-c", $"ln -s f {remote}/s && test \"$(cat {remote}/s)\" = 'through FUSE' && setfattr -n user.a -v b {remote}/f && rm -r {remote}/d {remote}/h");
            Assert.Contains("user.a=\"b\"", Tool.Ok(Patience, "getfattr", "-d", "--absolute-names", m.Files["src/f"]), StringComparison.Ordinal);
            Assert.Equal(0, client.Terminate());
        }

        Assert.Equal(0, m.Process.Terminate());
    }

    private static char State(int pid)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return 'Z';
        }
    }

    private static bool Eventually(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(Patience))
                return false;
            Thread.Sleep(20);
        }

        return true;
    }
}

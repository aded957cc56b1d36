using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.Fuse;

/// <summary>A directory shown through FUSE, used with the tools people use.</summary>
public sealed class FuseToolTests
{
    private const int Patience = 180;

    [Fact]
    public void Trees_are_copied_packed_compared_and_removed()
    {
        using var m = Mounted.Directory();
        var (source, mount) = (m.Files["src"], m.Files["mnt"]);
        MakeTree(m.Files["tree"]);
        Tool.Ok(Patience, "cp", "-a", m.Files["tree"], mount + "/copy");
        Tool.Ok(Patience, "diff", "-r", "--no-dereference", m.Files["tree"], mount + "/copy");
        Tool.Ok(Patience, "diff", "-r", "--no-dereference", m.Files["tree"], source + "/copy");
        Assert.Equal(Listing(m.Files["tree"]), Listing(mount + "/copy"));
        Tool.Ok(Patience, "tar", "cf", mount + "/t.tar", "-C", mount, "copy");
        Tool.Ok(Patience, "sh", "-c", $"mkdir {mount}/out && tar xf {mount}/t.tar -C {mount}/out");
        Tool.Ok(Patience, "diff", "-r", "--no-dereference", mount + "/copy", mount + "/out/copy");
        Tool.Ok(Patience, "rm", "-r", mount + "/copy", mount + "/out", mount + "/t.tar");
        Assert.Empty(Directory.GetFileSystemEntries(source));
        Assert.Equal(0, m.Process!.Terminate());
        Assert.DoesNotContain(mount, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public void What_fio_writes_it_reads_back(string engine)
    {
        Tool.Require("fio");
        using var m = Mounted.Directory("--engine", engine);
        foreach (var job in (string[])["--rw=randwrite --bs=4k --size=8m --ioengine=psync", "--rw=write --bs=1m --size=32m --ioengine=psync", "--rw=randrw --bs=16k --size=8m --ioengine=libaio --iodepth=16 --direct=1"])
        {
            Tool.Ok(Patience, "fio", ["--name=v", "--directory=" + m.Files["mnt"], "--verify=crc32c", "--verify_state_save=0", "--end_fsync=1", .. job.Split(' ')]);
            File.Delete(m.Files["mnt/v.0.0"]);
        }
    }

    [Fact]
    public void Locks_links_attributes_and_special_files()
    {
        using var m = Mounted.Directory();
        var file = m.Files["mnt/f"];
        File.WriteAllText(file, "text");
        Assert.Equal("1\n", Tool.Ok(Patience, "flock", file, "-c", $"flock -n {file} true; echo $?"));
        Assert.Equal("0\n", Tool.Ok(Patience, "sh", "-c", $"flock -w 30 {file} sleep 0.1; echo $?"));
        // The second waits until the first lets go.
        Assert.Equal("got\n", Tool.Ok(Patience, "sh", "-c", $"(flock 9; sleep 0.3) 9>>{file} & sleep 0.1; flock -w 100 {file} echo got; wait"));
        Tool.Ok(Patience, "setfattr", "-n", "user.color", "-v", "blue", file);
        Assert.Contains("user.color=\"blue\"", Tool.Ok(Patience, "getfattr", "-d", "--absolute-names", file), StringComparison.Ordinal);
        Tool.Ok(Patience, "setfattr", "-x", "user.color", file);
        Assert.NotEqual(0, Tool.Run(Patience, "getfattr", "-n", "user.color", file).Status);
        Tool.Ok(Patience, "ln", file, m.Files["mnt/hard"]);
        Tool.Ok(Patience, "ln", "-s", "f", m.Files["mnt/soft"]);
        Assert.Equal("2 2\n", Tool.Ok(Patience, "sh", "-c", $"echo $(stat -c %h {file} {m.Files["mnt/hard"]})"));
        Assert.Equal(Tool.Ok(Patience, "stat", "-c", "%i", file), Tool.Ok(Patience, "stat", "-c", "%i", m.Files["mnt/hard"]));
        Assert.Equal("text", File.ReadAllText(m.Files["mnt/soft"]));
        Tool.Ok(Patience, "mkfifo", m.Files["mnt/fifo"]);
        Assert.Equal("fifo\n", Tool.Ok(Patience, "stat", "-c", "%F", m.Files["mnt/fifo"]));
        Assert.Equal("through\n", Tool.Ok(Patience, "sh", "-c", $"cd {m.Files["mnt"]}; (echo through > fifo &); cat fifo"));
        Tool.Ok(Patience, "truncate", "-s", "100000", file);
        Assert.Equal(100000, new FileInfo(m.Files["src/f"]).Length);
        Tool.Ok(Patience, "touch", "-d", "2001-02-03 04:05:06.789", file);
        Assert.Equal(new FileInfo(m.Files["src/f"]).LastWriteTimeUtc, new FileInfo(file).LastWriteTimeUtc);
        Assert.NotEqual("0", Tool.Ok(Patience, "stat", "-f", "-c", "%b", m.Files["mnt"]).Trim());
    }

    [Fact]
    public void Users_are_themselves_with_all_their_groups()
    {
        using var m = Mounted.Directory();
        var mount = m.Files["mnt"];
        File.SetUnixFileMode(m.Files.Path, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(m.Files["src"], (UnixFileMode)0x1FF);
        File.WriteAllText(m.Files["src/group"], "for the group");
        Tool.Ok(Patience, "chown", "0:4242", m.Files["src/group"]);
        Tool.Ok(Patience, "chmod", "640", m.Files["src/group"]);
        Assert.Equal("for the group", As("--groups 4242", $"cat {mount}/group").Output);
        Assert.NotEqual(0, As("--clear-groups", $"cat {mount}/group").Status);
        Assert.NotEqual(0, As("--clear-groups", $"test -r {mount}/group").Status);
        Assert.Equal(0, As("--clear-groups", $"echo x > {mount}/mine").Status);
        Assert.Equal("65534\n", Tool.Ok(Patience, "stat", "-c", "%u", m.Files["src/mine"]));

        static ToolResult As(string groups, string command) =>
            Tool.Run(Patience, "setpriv", ["--reuid=65534", "--regid=65534", .. groups.Split(' '), "sh", "-c", command]);
    }

    [Fact]
    public void A_mount_that_is_read_only_refuses_changes()
    {
        using var m = Mounted.Directory("--read-only");
        Assert.Contains("Read-only", Tool.Run(Patience, "touch", m.Files["mnt/x"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_processes_at_once()
    {
        using var m = Mounted.Directory();
        var mount = m.Files["mnt"];
        Tool.Ok(Patience, "sh", "-c", $"for i in 1 2 3 4 5 6 7 8; do (mkdir {mount}/$i; for j in 1 2 3 4 5 6 7 8 9 10; do echo $j > {mount}/$i/$j; mv {mount}/$i/$j {mount}/$i/x$j; done) & done; wait");
        Assert.Equal(80, Directory.GetFiles(m.Files["src"], "x*", SearchOption.AllDirectories).Length);
        Tool.Ok(Patience, "sh", "-c", $"mkdir {mount}/big; cd {mount}/big; seq 1 3000 | xargs touch");
        Assert.Equal(3000, Directory.GetFiles(mount + "/big").Length);
        Assert.Equal("3000\n", Tool.Ok(Patience, "sh", "-c", $"ls -l {mount}/big | grep -c ^-"));
    }

    private static void MakeTree(string path)
    {
        for (var d = 0; d < 20; d++)
        {
            var directory = Directory.CreateDirectory(Path.Combine(path, $"d{d}", "deep", "deeper")).FullName;
            for (var f = 0; f < 20; f++)
                File.WriteAllBytes(Path.Combine(directory, $"f{f}"), [.. Enumerable.Range(0, f * 997).Select(i => (byte)(i * d))]);
            File.CreateSymbolicLink(Path.Combine(directory, "link"), "f1");
            File.SetUnixFileMode(Path.Combine(directory, "f2"), (UnixFileMode)0x1C0);
            File.SetLastWriteTimeUtc(Path.Combine(directory, "f3"), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        }
    }

    private static string Listing(string path) => Tool.Ok(Patience, "sh", "-c", $"cd {path}; find . ! -type d -printf '%p %m %s %U %G %l %T@\\n' | sort");
}

using System.Diagnostics;
using System.Globalization;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Locks;

/// <summary>
/// Two daemons serve one file system whose own locks do not reach from one to the other (each has a mount of it with locks of its own), and flock(1) excludes across
/// them because the export has <c>cluster_locks</c>.
/// </summary>
public sealed class SharedFileLockTests : IDisposable
{
    private const int Patience = 60;

    private readonly TemporaryDirectory _files = new();
    private readonly List<PentodeProcess> _processes = [];
    private readonly List<PentodeProcess> _daemons = [];
    private readonly List<string> _points = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Flock_excludes_between_daemons_and_is_handed_over(bool overNineP)
    {
        Mounted.Require();
        EtcdCluster.Require();
        using var etcd = EtcdCluster.Start();
        Directory.CreateDirectory(_files["shared"]);
        File.WriteAllText(_files["shared/f"], "");
        var (one, two) = (Serve(etcd, "a", isClustered: true, overNineP), Serve(etcd, "b", isClustered: true, overNineP));
        Assert.NotEqual(one, two);

        // Held here, refused there, and had when it is free.
        Assert.Equal("1\n", Tool.Ok(Patience, "flock", one, "-c", $"flock -n {two} true; echo $?"));
        Assert.Equal("1\n", Tool.Ok(Patience, "flock", "-s", one, "-c", $"flock -n {two} true; echo $?"));
        Assert.Equal("0\n", Tool.Ok(Patience, "flock", "-s", one, "-c", $"flock -s -n {two} true; echo $?"));
        Assert.Equal("0\n", Tool.Ok(Patience, "sh", "-c", $"flock -n {two} true; echo $?"));
        Assert.Equal("0\n", Tool.Ok(Patience, "sh", "-c", $"flock -n {one} true; echo $?"));

        // A wait with an end: flock's alarm interrupts it.
        Assert.Equal("1\n", Tool.Ok(Patience, "flock", one, "-c", $"flock -w 1 {two} true; echo $?"));

        // The one that waits gets it when the holder lets go, and not before.
        Assert.Equal("first\nsecond\n", Tool.Ok(Patience, "sh", "-c", $"(flock 9; sleep 1; echo first) 9>>{one} & sleep 0.3; flock {two} echo second; wait"));

        // And when the holder is killed.
        using var holder = Process.Start(new ProcessStartInfo("flock", [one, "sleep", "1000"]))!;
        var held = Stopwatch.StartNew();
        while (Tool.Run(Patience, "flock", "-n", two, "true").Status == 0)
            Assert.True(held.Elapsed.TotalSeconds < Patience, "the holder does not get it");
        using var waiter = Process.Start(new ProcessStartInfo("flock", [two, "true"]))!;
        Assert.False(waiter.WaitForExit(500));
        holder.Kill(entireProcessTree: true);
        Assert.True(waiter.WaitForExit(Patience * 1000), "the waiter does not get it");
        Assert.Equal(0, waiter.ExitCode);

        // The daemon of the holder goes: what it held is free once its session is over.
        using var last = Process.Start(new ProcessStartInfo("flock", [one, "sleep", "1000"]))!;
        held.Restart();
        while (Tool.Run(Patience, "flock", "-n", two, "true").Status == 0)
            Assert.True(held.Elapsed.TotalSeconds < Patience, "the holder does not get it");
        _daemons[0].Kill();
        Assert.Equal("", Tool.Ok(Patience, "flock", two, "true"));
        last.Kill(entireProcessTree: true);
    }

    [Fact]
    public void Without_it_two_daemons_do_not_exclude_each_other()
    {
        Mounted.Require();
        EtcdCluster.Require();
        using var etcd = EtcdCluster.Start();
        Directory.CreateDirectory(_files["shared"]);
        File.WriteAllText(_files["shared/f"], "");
        var (one, two) = (Serve(etcd, "a", isClustered: false), Serve(etcd, "b", isClustered: false));
        Assert.Equal("0\n", Tool.Ok(Patience, "flock", one, "-c", $"flock -n {two} true; echo $?"));
    }

    public void Dispose()
    {
        // Mounts above others first.
        foreach (var point in Enumerable.Reverse(_points))
        {
            Mounted.Unmount(point);
            Leftovers.Forget(point);
        }

        foreach (var process in Enumerable.Reverse(_processes))
            process.Dispose();
        _files.Dispose();
    }

    // The file as node sees it: a mount of the daemon's export, its own or one that comes to it over 9P, which is a mount of the shared directory.
    private string Serve(EtcdCluster etcd, string node, bool isClustered, bool overNineP = false)
    {
        var (storage, export) = (Point($"storage-{node}"), Point($"mnt-{node}"));
        _processes.Add(PentodeProcess.Start("files", "mount", "-o", "noflock", _files["shared"], storage));
        var file = _files[$"{node}.yaml"];
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $$"""
            control: {socket: {{_files[node + ".sock"]}}}
            locks:
              store: etcd
              etcd: {endpoints: "{{etcd.Endpoints[0]}}"}
              node: {{node}}
              heartbeat: 200ms
              hold: 2s
              dead: 3s
              kill_grace: 500ms
              domains:
                - {name: files, try_recall: 1s}
            files:
              listen: 127.0.0.1:0
              exports:
                - {name: data, path: {{storage}}{{(isClustered ? ", cluster_locks: files/data" : "")}}}
            {{(overNineP ? "" : $"mounts: [{{path: {export}, export: data}}]")}}
            """));
        var daemon = PentodeProcess.Start("serve", file);
        _processes.Add(daemon);
        _daemons.Add(daemon);
        if (overNineP)
            _processes.Add(PentodeProcess.Start("files", "mount", string.Create(CultureInfo.InvariantCulture, $"9p://127.0.0.1:{daemon.Port("9p")}/?aname=data"), export));
        return Path.Combine(export, "f");
    }

    private string Point(string name)
    {
        var path = _files[name];
        Directory.CreateDirectory(path);
        _points.Add(path);
        Leftovers.Add(path, () => Mounted.Unmount(path));
        return path;
    }
}

using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.Fuse;

/// <summary>A running <c>pentode</c> that mounts something, in a directory of its own; unmounted and gone when disposed.</summary>
internal sealed class Mounted : IDisposable
{
    private readonly List<string> _points = [];

    internal TemporaryDirectory Files { get; } = new();

    internal PentodeProcess? Process { get; private set; }

    /// <summary>Skips the test where nothing can be mounted.</summary>
    internal static void Require() => Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/dev/fuse"), "needs root and /dev/fuse");

    /// <summary>A directory <c>src</c> mounted on <c>mnt</c>.</summary>
    internal static Mounted Directory(params string[] options)
    {
        Require();
        var mounted = new Mounted();
        System.IO.Directory.CreateDirectory(mounted.Files["src"]);
        mounted.Start(["files", "mount", .. options, mounted.Files["src"], mounted.Point("mnt")]);
        return mounted;
    }

    /// <summary>The lock tree of one node mounted on <c>a</c>, and of another on <c>b</c>.</summary>
    internal static Mounted Locks(params string[] options)
    {
        Require();
        var mounted = new Mounted();
        mounted.Start(["locks", "mount", "--control", mounted.Files["control.sock"], "--directory", mounted.Files["store"], .. options, mounted.Point("a"), mounted.Point("b")]);
        return mounted;
    }

    /// <summary>Makes a directory that something will be mounted on.</summary>
    internal string Point(string name)
    {
        var path = Files[name];
        System.IO.Directory.CreateDirectory(path);
        if (!_points.Contains(path))
        {
            _points.Add(path);
            Leftovers.Add(path, () => Unmount(path));
        }

        return path;
    }

    internal void Start(params string[] arguments) => Process = PentodeProcess.Start(arguments);

    public void Dispose()
    {
        Process?.Dispose();
        foreach (var point in _points)
        {
            Unmount(point);
            Leftovers.Forget(point);
        }

        Files.Dispose();
    }

    /// <summary>Takes away what is mounted there, if anything is.</summary>
    internal static void Unmount(string point) => Tool.Run(20, "umount", "-l", "-q", point);
}

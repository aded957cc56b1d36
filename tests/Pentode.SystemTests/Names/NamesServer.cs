using System.Runtime.CompilerServices;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Names;

/// <summary>A daemon that serves a namespace as /pnfs (its /usr, without I/O) and /fs (all, with I/O), and mounts of it; unmounted and gone when disposed.</summary>
internal sealed class NamesServer : IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly List<string> _points = [];
    private readonly List<PentodeProcess> _mounts = [];

    private NamesServer(string store, bool isMounted, bool isNfs)
    {
        Store = store.Length > 0 ? store : $"path: {_files["names.db"]}";
        var mounts = isMounted
            ? $"mounts:\n  - {{path: {Point("m30")}, export: /pnfs, attr_timeout: 0ms, entry_timeout: 0ms}}\n  - {{path: {Point("m0")}, export: /fs, attr_timeout: 0ms, entry_timeout: 0ms}}\n"
            : "";
        File.WriteAllText(_files["pentode.yaml"], $$"""
            files: {listen: "127.0.0.1:0"}
            names:
              {{Store}}
              exports:
                - {name: /pnfs, path: /usr, io: meta}
                - {name: /fs, path: /, io: full}
            {{(isNfs ? "nfs: {listen: \"127.0.0.1:0\"}" : "")}}
            control: {socket: {{Control}}}
            {{mounts}}
            """);
        Start();
    }

    public string Store { get; }

    public string Control => _files["control.sock"];

    public PentodeProcess Process { get; private set; } = null!;

    /// <summary>A file beside the store.</summary>
    public string this[string name] => _files[name];

    /// <summary>Starts one; <paramref name="store"/> is a line of the configuration, by default a SQLite file.</summary>
    public static NamesServer Run(string store = "", bool isMounted = false, bool isNfs = false)
    {
        Assert.SkipUnless(!isMounted || (Environment.IsPrivilegedProcess && File.Exists("/dev/fuse")), "needs root and /dev/fuse");
        return new NamesServer(store, isMounted, isNfs);
    }

    public void Start() => Process = PentodeProcess.Start("serve", _files["pentode.yaml"]);

    /// <summary>Mounts an export over 9P by our own client.</summary>
    public string Mount(string export)
    {
        var point = Point("9p" + export.Replace('/', '-'));
        _mounts.Add(PentodeProcess.Start("files", "mount", Uri("", export), point, "-o", "attr_timeout=0,entry_timeout=0", "--control", ""));
        return point;
    }

    /// <summary>The URI of a path of an export.</summary>
    public string Uri(string path, string export) => $"9p://127.0.0.1:{Process.Port("9p")}/{path}?aname={export}";

    /// <summary>Asks the daemon.</summary>
    public string Names(params string[] arguments) => Tool.Ok(60, PentodeProcess.Binary, ["names", .. arguments, "--control", Control]);

    /// <summary>The session of tools on two mounts.</summary>
    public static void Session(string mount30, string mount0, [CallerFilePath] string here = "")
    {
        var result = Tool.Run(180, "bash", Path.Combine(Path.GetDirectoryName(here)!, "session.sh"), mount30, mount0);
        Assert.True(result.Status == 0, $"exit {result.Status}\n{result.Output}\n{result.Error}");
        Assert.EndsWith("session ok\n", result.Output, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (var mount in _mounts)
            mount.Dispose();
        Process.Dispose();
        foreach (var point in _points)
        {
            Mounted.Unmount(point);
            Leftovers.Forget(point);
        }

        _files.Dispose();
    }

    private string Point(string name)
    {
        Directory.CreateDirectory(_files[name]);
        var point = _files[name];
        _points.Add(point);
        Leftovers.Add(point, () => Mounted.Unmount(point));
        return point;
    }
}

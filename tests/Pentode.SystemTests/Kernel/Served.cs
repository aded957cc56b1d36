using System.Text.Json;
using Pentode.Testing.Machines;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Kernel;

/// <summary>A daemon on loopback with one configuration file, and the machine that is its client.</summary>
internal sealed class Served : IDisposable
{
    private static readonly VirtualMachine s_machine = new(Path.Combine(AppContext.BaseDirectory, "Kernel", "Guest"));
    private readonly TemporaryDirectory _files = new();
    private readonly PentodeProcess _daemon;

    private readonly string _protocol;

    private Served(string service, string protocol, Func<TemporaryDirectory, string> configure)
    {
        _protocol = protocol;
        var content = configure(_files);
        File.WriteAllText(_files["pentode.yaml"], $"control:\n  socket: {Control}\n{service}:\n  listen: [127.0.0.1:0]\n  exports:\n{content}");
        _daemon = PentodeProcess.Start("serve", _files["pentode.yaml"]);
    }

    /// <summary>The directory that is exported.</summary>
    public string Tree => _files["tree"];

    /// <summary>The file that is exported.</summary>
    public string Disk => _files["disk"];

    private string Control => _files["control.sock"];

    /// <summary>A directory over 9P; skips the test where that is impossible.</summary>
    public static Served OverNineP(string options = "")
    {
        RequireUsers();
        return new Served("files", "9p", files => $"    - path: {MakeTree(files)}\n{options}");
    }

    /// <summary>A directory over NFS, root of the client being root; skips the test where that is impossible.</summary>
    public static Served OverNfs()
    {
        RequireUsers();
        Tool.Require("mount.nfs");
        return new Served("files", "nfs", files =>
            $"    - path: {MakeTree(files)}\nnfs:\n  listen: 127.0.0.1:0\n  state: {files["state"]}\n  exports:\n    - squash: none\n");
    }

    /// <summary>A file over NBD, made by <paramref name="make"/> from its path; skips the test where that is impossible.</summary>
    public static Served OverNbd(Action<string> make, string options = "")
    {
        VirtualMachine.Require();
        Tool.Require("nbd-client");
        return new Served("blocks", "nbd", files =>
        {
            make(files["disk"]);
            return $"    - name: \"\"\n      path: {files["disk"]}\n{options}";
        });
    }

    /// <summary>Runs a program of Guest/ in the machine.</summary>
    public void Run(int seconds, string program, params (string Name, object Value)[] settings)
    {
        s_machine.Ok(seconds, program, [("PORT", _daemon.Port(_protocol)), ("ANAME", Tree), .. settings]);
    }

    /// <summary>What <c>pentode status --json</c> says now about the connections.</summary>
    public IReadOnlyList<(string Protocol, string Peer, long Operations, long BytesWritten)> Connections()
    {
        using var status = JsonDocument.Parse(Tool.Ok(20, PentodeProcess.Binary, "status", "--json", "--control", Control));
        return [.. status.RootElement.GetProperty("connections").EnumerateArray().Select(c =>
            (c.GetProperty("protocol").GetString()!, c.GetProperty("peer").GetString()!, c.GetProperty("operations").GetInt64(), c.GetProperty("bytes_written").GetInt64()))];
    }

    /// <summary>Ends the daemon, which must have reported no error and end with 0.</summary>
    public void End()
    {
        Assert.Equal(0, _daemon.Terminate());
        Assert.DoesNotContain(_daemon.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => l.Contains(" error ", StringComparison.Ordinal));
    }

    private static void RequireUsers()
    {
        VirtualMachine.Require();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: the server acts as several users");
    }

    // Other users must be able to reach it.
    private static string MakeTree(TemporaryDirectory files)
    {
        File.SetUnixFileMode(files.Path, (UnixFileMode)0x1ED);
        return Directory.CreateDirectory(files["tree"]).FullName;
    }

    public void Dispose()
    {
        _daemon.Dispose();
        _files.Dispose();
    }
}

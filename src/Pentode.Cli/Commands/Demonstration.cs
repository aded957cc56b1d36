using Pentode.Cli.Commands.Names;
using Pentode.Core;
using Pentode.Daemon.Configuration;
using Pentode.Fuse;
using Pentode.Linux;
using Pentode.Uring.Ring;

namespace Pentode.Cli.Commands;

/// <summary>What <c>pentode serve</c> serves without a configuration: a directory, a disk, a namespace, locks and rings below the user's data directory, on loopback.</summary>
internal sealed class Demonstration
{
    private const int FilesPort = 5640;
    private const int BlocksPort = 10809;
    private const int NfsPort = 12049;
    private const long DiskBytes = 256L << 20;

    private readonly string _root;

    public Demonstration(string root)
    {
        _root = root;
    }

    /// <summary><c>$XDG_DATA_HOME/pentode</c>, or <c>~/.local/share/pentode</c>.</summary>
    public static string DefaultRoot => Path.GetFullPath(Path.Combine(
        Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
            ? data
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share"),
        "pentode"));

    /// <summary>The services on loopback.</summary>
    public DaemonConfiguration Configuration => new()
    {
        Files = new FilesConfiguration
        {
            Listen = [ListenAddress.Tcp("127.0.0.1", FilesPort)],
            Exports = [new TreeExportConfiguration { Name = Files, Path = Files }],
        },
        Blocks = new BlocksConfiguration
        {
            Listen = [ListenAddress.Tcp("127.0.0.1", BlocksPort)],
            Exports = [new BlockExportConfiguration { Name = "disk", Path = Disk, Description = "demonstration disk" }],
        },
        Nfs = new NfsConfiguration { Listen = [ListenAddress.Tcp("127.0.0.1", NfsPort)], State = _root },
        // Only rings needs io_uring; the rest is served without.
        Rings = RingLoop.IsSupported ? new RingsConfiguration { Socket = Rings } : null,
        Names = new NamesConfiguration { Path = Path.Combine(_root, "names.db"), Exports = NamesServeCommand.DefaultExports },
        Locks = new LocksConfiguration
        {
            Directory = Path.Combine(_root, "locks"),
            Export = LocksConfiguration.DefaultExport,
            Mounts = FuseMount.IsAvailable ? [new LocksMountConfiguration(Dlm, null, Environment.IsPrivilegedProcess)] : [],
            IsOptional = true,
        },
    };

    private string Files => Path.Combine(_root, "demo");

    private string Dlm => Path.Combine(_root, "dlm");

    private string Rings => Path.Combine(_root, "rings.sock");

    private string Disk => Path.Combine(_root, "disk.img");

    /// <summary>Makes what is missing; what is there stays as it is. Null, or one line that says why it cannot.</summary>
    public string? Prepare()
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(Files, "notes"));
            WriteOnce("README", "Hello from pentode. This directory is served over 9P2000.L: what you change here, clients see at once.\n");
            WriteOnce("notes/first.txt", "A file in a directory.\n");
            // A server that was killed leaves a mount there, which the next takes away.
            if (FileCalls.ModeOf(Dlm) != -(int)Errno.ENOTCONN)
                Directory.CreateDirectory(Dlm);
            using var disk = new FileStream(Disk, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (disk.Length == 0)
                disk.SetLength(DiskBytes);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot prepare the demonstration in {_root}: {e.Message}";
        }
    }

    /// <summary>Command lines to try, complete as they stand.</summary>
    public string Hints(string control)
    {
        var files = ShellWord.Quote(Files);
        var status = control == DaemonConfiguration.DefaultControlSocket ? "status" : $"status --control {ShellWord.Quote(control)}";
        return $"""

            Serving {Files} as files, {Disk} as a disk, a namespace as /pnfs and /fs{(FuseMount.IsAvailable ? $", locks on {Dlm}" : "")}. Try in another terminal:
              {ShellWord.Self} {status}
              {ShellWord.Self} files ls {ShellWord.Quote($"9p://127.0.0.1:{FilesPort}{Files}")}
              {ShellWord.Self} files cat {ShellWord.Quote($"9p://127.0.0.1:{FilesPort}{Files}/README")}
              {ShellWord.Self} blocks info nbd://127.0.0.1:{BlocksPort}/disk
              {ShellWord.Self} files ls '9p://127.0.0.1:{FilesPort}/?aname=/fs'
            {LocksAndRings}with the tools of the Debian package diod:
              diodls -s 127.0.0.1:{FilesPort} -a {files}
              diodcat -s 127.0.0.1:{FilesPort} -a {files} README
            with those of libnbd-bin:
              nbdinfo nbd://127.0.0.1:{BlocksPort}/disk
              nbdcopy nbd://127.0.0.1:{BlocksPort}/disk {ShellWord.Quote(Path.Combine(_root, "copy.img"))}
            with those of libnfs-utils:
              nfs-ls {ShellWord.Quote($"nfs://127.0.0.1{Files}?nfsport={NfsPort}&mountport={NfsPort}")}
            Ctrl-C stops.

            """;
    }

    private string LocksAndRings =>
        (FuseMount.IsAvailable
            ? $"""
                  mkdir -p {ShellWord.Quote(Path.Combine(Dlm, "jobs"))}
                  {ShellWord.Self} locks run jobs/nightly -- sh -c 'echo token $PENTODE_LOCK_TOKEN'
                  {ShellWord.Self} locks list

                """
            : "")
        + (RingLoop.IsSupported ? $"  {ShellWord.Self} rings nop --count 1000 {ShellWord.Quote(Rings)}\n" : "");

    private void WriteOnce(string name, string text)
    {
        var path = Path.Combine(Files, name);
        if (!File.Exists(path))
            File.WriteAllText(path, text);
    }
}

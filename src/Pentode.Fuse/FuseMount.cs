using System.Diagnostics;
using System.Globalization;
using Pentode.Core;
using Pentode.Files;
using Pentode.Linux;
using Pentode.Linux.Fuse;
using Pentode.Uring;

namespace Pentode.Fuse;

/// <summary>
/// One mount point and the session that serves it. Root mounts by mount(2), other users by fusermount3(1). A mount that an earlier run left
/// behind without a server is taken away first.
/// </summary>
public sealed class FuseMount
{
    /// <summary>File system type as /proc/mounts shows it.</summary>
    public const string Type = "fuse.pentode";

    private const int HelperPatienceMs = 10_000;
    private const int ExitPatienceMs = 5_000;

    private readonly bool _isRoot;
    private readonly FuseSession _session;

    private FuseMount(string path, bool isRoot, FuseSession session)
    {
        Path = path;
        _isRoot = isRoot;
        _session = session;
    }

    /// <summary>The directory, absolute.</summary>
    public string Path { get; }

    /// <summary>The session, for its counts.</summary>
    public FuseSession Session => _session;

    /// <summary>Ends when the mount is gone: after <see cref="UnmountAsync"/>, or because somebody unmounted it.</summary>
    public Task Ended => _session.Ended;

    /// <summary>True when this process could mount something: there is /dev/fuse, and root's rights or fusermount3.</summary>
    public static bool IsAvailable => FileCalls.ModeOf("/dev/fuse") >= 0 && (Environment.IsPrivilegedProcess || FindHelper() is not null);

    /// <summary>
    /// Mounts <paramref name="volume"/> on the directory <paramref name="path"/> and serves it on <paramref name="loop"/>, or says in words why
    /// not. Blocks for as long as the kernel or the helper take; not to be called on a loop.
    /// </summary>
    public static (FuseMount? Mount, string? Problem) Create(string path, Volume volume, IoLoop loop, FuseOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        var isRoot = Environment.IsPrivilegedProcess;
        RemoveStale(path, isRoot);
        var mode = FileCalls.ModeOf(path);
        if (mode < 0)
            return (null, $"cannot mount on {path}: {Describe((Errno)(-mode))}");
        if ((mode & 0xF000) != 0x4000)
            return (null, $"cannot mount on {path}: it is not a directory (ENOTDIR)");
        var device = isRoot ? MountAsRoot(path, options, out var problem) : MountByHelper(path, options, out problem);
        if (device < 0)
            return (null, problem);
        var session = new FuseSession(loop, device, volume, options);
        session.Start();
        return (new FuseMount(path, isRoot, session), null);
    }

    /// <summary>Unmounts, lazily when it is in use, and ends the session. Not to be awaited on the loop.</summary>
    public async Task UnmountAsync()
    {
        // The session still serves: taking the mount away may make the kernel ask something.
        if (!_session.Ended.IsCompleted)
            await Task.Run(() => Unmount(Path, _isRoot)).ConfigureAwait(false);
        await _session.StopAsync().ConfigureAwait(false);
    }

    // A server that was killed leaves a mount behind on which everything fails with ENOTCONN.
    private static void RemoveStale(string path, bool isRoot)
    {
        for (var i = 0; i < 8 && FileCalls.ModeOf(path) == -(int)Errno.ENOTCONN && IsOurs(path); i++)
        {
            if (!Unmount(path, isRoot))
                return;
        }
    }

    private static bool IsOurs(string path)
    {
        // Fields of /proc/mounts: source, directory, type; spaces in names are written \040.
        var escaped = path.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal).Replace("\t", "\\011", StringComparison.Ordinal);
        return File.ReadLines("/proc/self/mounts").Select(static l => l.Split(' ')).Any(f => f.Length > 2 && f[1] == escaped && f[2] == Type);
    }

    private static int MountAsRoot(string path, FuseOptions options, out string? problem)
    {
        problem = null;
        var device = FuseCalls.OpenDevice();
        if (device < 0)
        {
            problem = $"cannot open /dev/fuse: {Describe((Errno)(-device))}; is the module 'fuse' loaded?";
            return device;
        }

        var words = string.Create(CultureInfo.InvariantCulture, $"fd={device},rootmode=40000,user_id=0,group_id=0");
        if (options.AllowOther)
            words += ",allow_other";
        if (options.DefaultPermissions)
            words += ",default_permissions";
        var flags = FuseCalls.NoSetUserId | FuseCalls.NoDevices | (options.ReadOnly ? FuseCalls.ReadOnly : 0);
        var result = FuseCalls.Mount(options.Source, path, Type, flags, words);
        if (result >= 0)
            return device;
        _ = FileCalls.Close(device);
        problem = $"cannot mount on {path}: {Describe((Errno)(-result))}";
        return result;
    }

    private static int MountByHelper(string path, FuseOptions options, out string? problem)
    {
        problem = null;
        if (FindHelper() is not { } helper)
        {
            problem = $"cannot mount on {path}: fusermount3 is not installed (package fuse3), and only root mounts without it";
            return -(int)Errno.ENOENT;
        }

        var result = FuseCalls.SocketPair(out var mine, out var inherited);
        if (result < 0)
        {
            problem = $"cannot mount on {path}: {Describe((Errno)(-result))}";
            return result;
        }

        // The source and the option words are separated by commas in one argument: a comma in the name is escaped.
        var words = $"fsname={options.Source.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal)},subtype=pentode,nosuid,nodev";
        if (options.AllowOther)
            words += ",allow_other";
        if (options.DefaultPermissions)
            words += ",default_permissions";
        if (options.ReadOnly)
            words += ",ro";
        var start = new ProcessStartInfo(helper) { RedirectStandardError = true, UseShellExecute = false };
        foreach (var word in (string[])["-o", words, "--", path])
            start.ArgumentList.Add(word);
        start.Environment["_FUSE_COMMFD"] = inherited.ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        _ = FileCalls.Close(inherited);
        var device = ReceiveDevice(mine);
        _ = FileCalls.Close(mine);
        var said = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit(ExitPatienceMs);
        if (device >= 0 && FuseCalls.SetNonBlocking(device) >= 0)
            return device;
        problem = $"cannot mount on {path}: {(said.Length > 0 ? said : "fusermount3 gave no reason")}";
        return -(int)Errno.EPERM;
    }

    private static unsafe int ReceiveDevice(int socket)
    {
        // fusermount3 sends one byte with the descriptor, or closes.
        if (DescriptorPoll.Wait(socket, DescriptorPoll.Readable, HelperPatienceMs) <= 0)
            return -(int)Errno.ETIMEDOUT;
        byte one;
        Span<int> descriptors = stackalloc int[DescriptorReceiving.Room];
        var got = DescriptorReceiving.Receive(socket, &one, 1, descriptors, out var count, out _);
        for (var i = 1; i < count; i++)
            _ = FileCalls.Close(descriptors[i]);
        return got > 0 && count > 0 ? descriptors[0] : -(int)Errno.EPERM;
    }

    private static bool Unmount(string path, bool isRoot)
    {
        if (isRoot)
            return FuseCalls.Unmount(path) >= 0;
        if (FindHelper() is not { } helper)
            return false;
        var start = new ProcessStartInfo(helper) { RedirectStandardError = true, UseShellExecute = false };
        foreach (var word in (string[])["-u", "-z", "-q", "--", path])
            start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        _ = process.StandardError.ReadToEnd();
        return process.WaitForExit(ExitPatienceMs) && process.ExitCode == 0;
    }

    private static string? FindHelper() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':').Append("/usr/bin").Append("/bin")
            .Select(static d => System.IO.Path.Combine(d, "fusermount3")).FirstOrDefault(File.Exists);

    private static string Describe(Errno error) => error switch
    {
        Errno.ENOENT => "there is no such directory (ENOENT)",
        Errno.EPERM => "not permitted (EPERM)",
        Errno.EACCES => "permission denied (EACCES)",
        Errno.EBUSY => "it is busy (EBUSY)",
        Errno.ENODEV => "the kernel has no FUSE (ENODEV)",
        Errno.ENOTCONN => "a mount without a server is in the way; unmount it first (ENOTCONN)",
        _ => error.ToString(),
    };
}

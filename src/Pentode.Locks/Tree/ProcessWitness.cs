using System.Globalization;
using Pentode.Locks.Deadlock;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Locks.Tree;

/// <summary>
/// Says what a process that waits in open(2) on a mount of a tree cannot give back meanwhile: a process of one thread closes nothing while that thread is in
/// the kernel, so every lock file among its descriptors stays open, whoever opened it. Of a process with more threads nothing is said: another one may
/// close. Needs <c>ino</c> in /proc/PID/fdinfo (Linux 5.14), else nothing is said either.
/// </summary>
/// <remarks>Not seen: a descriptor table shared with another process (clone(2) with CLONE_FILES but without CLONE_THREAD), which no library does.</remarks>
internal sealed class ProcessWitness(LockTree tree, string mountPoint) : IWaitWitness
{
    private const int AccessMode = 3;
    private const int PathOnly = 0x200000;

    /// <inheritdoc/>
    public IReadOnlyList<LockPin> PinsOf(LockRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var pid = request.Options.OpenerPid;
        if (pid <= 0)
            return [];
        try
        {
            var process = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}";
            if (!IsSingleThread(process, pid) || Mounts("/proc/self").LastOrDefault(f => Unescape(f[4]) == mountPoint) is not { } mount)
                return [];
            var mounts = Mounts(process).Where(f => f[2] == mount[2]).Select(static f => f[0]).ToHashSet();
            var open = new HashSet<(ulong Number, LockMode Mode)>();
            foreach (var file in Directory.EnumerateFiles(process + "/fdinfo"))
            {
                if (OpenOn(mounts, File.ReadAllLines(file)) is { } found)
                    open.Add(found);
            }

            return open.Count == 0 ? [] : tree.PinsOf(open);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            // Gone, or not for us to look at.
            return [];
        }
    }

    private static bool IsSingleThread(string process, int pid)
    {
        var status = File.ReadAllLines(process + "/status");
        return Field(status, "Tgid:") == pid.ToString(CultureInfo.InvariantCulture) && Field(status, "Threads:") == "1";
    }

    // Lines of mountinfo: id, parent, major:minor, root, mount point, … (proc(5)).
    private static IEnumerable<string[]> Mounts(string process) =>
        File.ReadAllLines(process + "/mountinfo").Select(static l => l.Split(' ')).Where(static f => f.Length > 5);

    private static (ulong Number, LockMode Mode)? OpenOn(HashSet<string> mounts, string[] info)
    {
        if (Field(info, "mnt_id:") is not { } mount || !mounts.Contains(mount) || Field(info, "ino:") is not { } number || Field(info, "flags:") is not { } text)
            return null;
        var flags = Convert.ToInt32(text, 8);
        if ((flags & PathOnly) != 0)
            return null;
        return (ulong.Parse(number, CultureInfo.InvariantCulture), (flags & AccessMode) == 0 ? LockMode.Shared : LockMode.Exclusive);
    }

    private static string? Field(string[] lines, string name) =>
        Array.Find(lines, l => l.StartsWith(name, StringComparison.Ordinal)) is { } line ? line[name.Length..].Trim() : null;

    private static string Unescape(string path) =>
        path.Contains('\\', StringComparison.Ordinal)
            ? path.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal).Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal)
            : path;
}

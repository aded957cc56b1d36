using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Linux;

/// <summary>
/// The whole identity of the calling thread alone, by system call number (the C library would change every thread): real and effective ids and
/// groups, so that what is captured meanwhile (an io_uring personality) shows peers the user, not the daemon, and holds none of the daemon's
/// capabilities. Unlike <see cref="ThreadCredentials"/>, which changes file access only. Nothing is awaited and no thread is started between
/// a successful <see cref="Become"/> and <see cref="Return"/>.
/// </summary>
public static unsafe class ThreadIdentity
{
    private const uint Keep = uint.MaxValue;

    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Effective user of the process.</summary>
    public static uint OwnUid { get; } = TreeNative.Geteuid();

    /// <summary>Effective group of the process.</summary>
    public static uint OwnGid { get; } = TreeNative.Getegid();

    /// <summary>Supplementary groups of the process, in the order of the kernel.</summary>
    public static uint[] OwnGroups { get; } = ReadGroups();

    /// <summary>Makes this thread a user with these groups; on failure nothing is changed. Needs user 0 with CAP_SETUID and CAP_SETGID.</summary>
    public static Errno Become(uint uid, uint gid, ReadOnlySpan<uint> groups)
    {
        if (uid == Keep || gid == Keep)
            return Errno.EINVAL;

        // The saved ids stay, for the way back. The user last: leaving user 0 drops the capabilities the other calls need.
        var error = SetGroups(groups);
        if (error == Errno.None)
            error = Set(s_arm ? 149 : 119, gid, gid, OwnGid);
        if (error == Errno.None)
            error = Set(s_arm ? 147 : 117, uid, uid, OwnUid);
        if (error != Errno.None)
            Return();
        return error;
    }

    /// <summary>Makes this thread the daemon again; a failure ends the process, as going on would mix identities.</summary>
    public static void Return()
    {
        if (Set(s_arm ? 147 : 117, OwnUid, OwnUid, OwnUid) != Errno.None || Set(s_arm ? 149 : 119, OwnGid, OwnGid, OwnGid) != Errno.None)
            Environment.FailFast("cannot restore the identity of a thread");

        // Refused only where the thread could not change its groups in the first place.
        _ = SetGroups(OwnGroups);
    }

    private static Errno Set(int number, uint real, uint effective, uint saved) =>
        TreeNative.Syscall(number, real, effective, saved, 0, 0) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    private static Errno SetGroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* p = groups)
            return TreeNative.Syscall(s_arm ? 159 : 116, groups.Length, (long)p, 0, 0, 0) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
    }

    private static uint[] ReadGroups()
    {
        var groups = new uint[65536];
        fixed (uint* p = groups)
            return groups[..Math.Max(0, TreeNative.Getgroups(groups.Length, p))];
    }
}

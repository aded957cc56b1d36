using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>
/// File-access identity of the calling thread alone, by system call number (the C library would change every thread). Between a successful
/// <see cref="Switch"/> and <see cref="Restore"/> nothing is awaited and no thread is started, as it would inherit the identity.
/// </summary>
public static unsafe class ThreadCredentials
{
    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly uint s_uid = TreeNative.Geteuid();
    private static readonly uint s_gid = TreeNative.Getegid();
    private static readonly uint[] s_groups = OwnGroups();

    /// <summary>True when the process may switch.</summary>
    public static bool IsRoot => s_uid == 0;

    /// <summary>
    /// Makes this thread act as a user; false, with nothing changed, when the kernel refuses. With <paramref name="unchecked"/> what is made
    /// belongs to the user, but mode bits, access lists and ownership are not held against him (CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER).
    /// </summary>
    public static bool Switch(uint uid, uint gid, ReadOnlySpan<uint> groups, bool @unchecked = false)
    {
        if (uid == uint.MaxValue || gid == uint.MaxValue)
            return false;
        // The user last: leaving user 0 drops the capabilities the other calls need.
        if (SetGroups(groups) && SetId(s_arm ? 152 : 123, gid) && SetId(s_arm ? 151 : 122, uid) && (!@unchecked || KeepCapabilities()))
            return true;
        Restore();
        return false;
    }

    /// <summary>Makes this thread act as the daemon again; a failure ends the process, as going on would mix identities.</summary>
    public static void Restore()
    {
        if (!(SetId(s_arm ? 151 : 122, s_uid) && SetId(s_arm ? 152 : 123, s_gid) && SetGroups(s_groups)))
            Environment.FailFast("cannot restore the credentials of a thread");
    }

    /// <summary>Gives up CAP_SYS_RESOURCE on this thread for good, where it had it: quotas of file systems hold.</summary>
    public static void DropResource()
    {
        const uint resource = 1 << 24;
        _ = ChangeEffective(0, resource);
    }

    private static bool SetGroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* p = groups)
            return TreeNative.Syscall(s_arm ? 159 : 116, groups.Length, (long)p, 0, 0, 0) == 0;
    }

    // setfsuid and setfsgid report nothing but the previous value: ask again with an id there cannot be, which changes nothing and is cheap.
    private static bool SetId(int number, uint id)
    {
        _ = TreeNative.Syscall(number, id, 0, 0, 0, 0);
        return (uint)TreeNative.Syscall(number, uint.MaxValue, 0, 0, 0, 0) == id;
    }

    // Coming back to user 0 raises every file capability again, so Restore has nothing to undo.
    private static bool KeepCapabilities()
    {
        const uint chown = 1 << 0, overrideModes = 1 << 1, owner = 1 << 3;
        return ChangeEffective(chown | overrideModes | owner, 0);
    }

    private static bool ChangeEffective(uint added, uint removed)
    {
        const uint version3 = 0x20080522;
        var header = stackalloc uint[] { version3, 0 };
        // Twice effective, permitted, inheritable: the low 32 capabilities, then the high ones.
        var sets = stackalloc uint[6];
        if (TreeNative.Syscall(s_arm ? 90 : 125, (long)header, (long)sets, 0, 0, 0) != 0)
            return false;
        sets[0] = (sets[0] | added) & ~removed;
        return TreeNative.Syscall(s_arm ? 91 : 126, (long)header, (long)sets, 0, 0, 0) == 0;
    }

    private static uint[] OwnGroups()
    {
        var groups = new uint[65536];
        fixed (uint* p = groups)
            return groups[..Math.Max(0, TreeNative.Getgroups(groups.Length, p))];
    }
}

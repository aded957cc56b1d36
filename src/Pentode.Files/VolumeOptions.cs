using Pentode.Core;

namespace Pentode.Files;

/// <summary>What a <see cref="Volume"/> allows.</summary>
public sealed record VolumeOptions
{
    /// <summary>Nothing may change: EROFS.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Changes pass only while it says so; null lets all pass. Writes are then made on a worker thread, right after the question.</summary>
    public IWriteGuard? Guard { get; init; }

    /// <summary>Where locks of files are taken, for those that others share; null for locks of the tree alone.</summary>
    public ISharedLocks? SharedLocks { get; init; }

    /// <summary>Every user becomes this one; null to keep users.</summary>
    public Credentials? SquashTo { get; init; }

    /// <summary>User 0 becomes <see cref="Anonymous"/>, and nobody is in group 0.</summary>
    public bool SquashRoot { get; init; }

    /// <summary>What user 0 becomes with <see cref="SquashRoot"/>.</summary>
    public Credentials Anonymous { get; init; } = Credentials.Nobody;

    /// <summary>The client has checked permissions: a new object gets the group it names, although the user is not known to be in it.</summary>
    public bool ClientChecks { get; init; }

    /// <summary>Block and character devices may be created; EPERM otherwise.</summary>
    public bool AllowDevices { get; init; }

    /// <summary>
    /// Extended attributes whose name starts with one of these are visible; all others do not exist (EOPNOTSUPP). Acting as a user keeps
    /// the capabilities that guard trusted.* and security.*, so passing those lets every client set them.
    /// </summary>
    public IReadOnlyList<string> ExtendedAttributePrefixes { get; init; } = ["user.", "system.posix_acl_access", "system.posix_acl_default"];

    /// <summary>Longest value of an extended attribute; E2BIG beyond.</summary>
    public int MaxExtendedAttributeBytes { get; init; } = 65536;
}

using Pentode.Locks.Manager;

namespace Pentode.Locks.Tree;

/// <summary>How a lock tree behaves.</summary>
public sealed record LockTreeOptions
{
    /// <summary>
    /// Answers like dlmfs in Linux to the letter, where a program could tell: writes land at the start of the value whatever their offset, fsync(2) is refused,
    /// no extended attributes, no files but domains and locks. Without it, what docs/reference/locks.md lists as better.
    /// </summary>
    public bool IsCompatible { get; init; }

    /// <summary>Owner of the root.</summary>
    public uint Uid { get; init; }

    /// <summary>Group of the root.</summary>
    public uint Gid { get; init; }

    /// <summary>Longest wait of an open in milliseconds, ETIMEDOUT after it; negative for none.</summary>
    public long WaitTimeoutMs { get; init; } = -1;

    /// <summary>Where the tree is mounted on this machine, so that processes that wait for one another in a circle are found; null where it is not.</summary>
    public string? MountPoint { get; init; }

    /// <summary>How a domain behaves, by its name. The defaults when null.</summary>
    public Func<LockName, LockDomainOptions?>? DomainOptions { get; init; }

    /// <summary>Text of the file <c>.locks</c>: what the cluster holds. Null where there is none.</summary>
    public Func<ValueTask<string>>? Listing { get; init; }

    /// <summary>Clock of file times.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

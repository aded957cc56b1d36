using Pentode.Core;

namespace Pentode.Files;

/// <summary>What a <see cref="Volume"/> allows.</summary>
public sealed record VolumeOptions
{
    /// <summary>Nothing may change: EROFS.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Every user becomes this one; null to keep users.</summary>
    public Credentials? SquashTo { get; init; }

    /// <summary>User 0 becomes <see cref="Anonymous"/>.</summary>
    public bool SquashRoot { get; init; }

    /// <summary>What user 0 becomes with <see cref="SquashRoot"/>.</summary>
    public Credentials Anonymous { get; init; } = new(65534, 65534);

    /// <summary>Block and character devices may be created.</summary>
    public bool AllowDevices { get; init; }

    /// <summary>Extended attributes whose name starts with one of these are visible; all others do not exist (EOPNOTSUPP).</summary>
    public IReadOnlyList<string> ExtendedAttributePrefixes { get; init; } = ["user.", "system.posix_acl_", "security.capability"];

    /// <summary>Longest value of an extended attribute; E2BIG beyond.</summary>
    public int MaxExtendedAttributeBytes { get; init; } = 65536;
}

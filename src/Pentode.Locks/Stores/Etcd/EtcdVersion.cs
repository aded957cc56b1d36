namespace Pentode.Locks.Stores.Etcd;

/// <summary>What is known about versions of etcd as an engine of locks.</summary>
public static class EtcdVersion
{
    private static readonly System.Buffers.SearchValues<char> s_numberCharacters = System.Buffers.SearchValues.Create("0123456789.");

    /// <summary>Older ones are refused: 3.4.21 is the first of its series that keeps every acknowledged write over a crash (etcd issue 14370).</summary>
    public static Version Minimum { get; } = new(3, 4, 21);

    /// <summary>The number in a version text like <c>3.4.23</c> or <c>3.6.0-rc.1</c>; null when there is none.</summary>
    public static Version? Parse(string text)
    {
        var end = text.AsSpan().IndexOfAnyExcept(s_numberCharacters);
        return Version.TryParse(end < 0 ? text : text[..end], out var version) && version.Build >= 0 ? version : null;
    }

    /// <summary>True when locks must not run on it.</summary>
    public static bool IsRefused(Version version) => version < Minimum || (version.Major == 3 && version.Minor == 5 && version.Build < 5);

    /// <summary>A sentence about known faults; null when none is known. Locks are safe on these versions since leases are never their authority.</summary>
    public static string? Warning(Version version)
    {
        if (IsRefused(version))
            return $"etcd {version} may lose acknowledged writes in a crash (issue 14370): use 3.4.21, 3.5.5 or newer";
        var isOld = version.Minor switch
        {
            4 when version.Major == 3 => version.Build < 31,
            5 when version.Major == 3 => version.Build < 13,
            _ => false,
        };
        return isOld
            ? $"etcd {version}: a leader stuck on its disk goes on renewing leases (issue 15247, fixed in 3.4.31 and 3.5.13); locks do not rest on leases, other users of this cluster may"
            : null;
    }
}

using Pentode.Core;
using Pentode.Core.Diagnostics;

namespace Pentode.NineP.Server;

/// <summary>Limits and collaborators of a <see cref="NinePServer"/>.</summary>
public sealed record NinePServerOptions
{
    /// <summary>Connections at a time.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Largest frame.</summary>
    public int MaxMsize { get; init; } = 1 << 20;

    /// <summary>Fids of one connection.</summary>
    public int MaxFids { get; init; } = 65536;

    /// <summary>Requests of one connection under way.</summary>
    public int MaxTags { get; init; } = 256;

    /// <summary>Bytes of one connection held by requests and unsent replies before it is no longer read from.</summary>
    public long MaxInFlightBytes { get; init; } = 16L << 20;

    /// <summary>Time till the first Tversion.</summary>
    public long HandshakeTimeoutMs { get; init; } = 10_000;

    /// <summary>Longest time a blocking Tlock is held before it is answered BLOCKED.</summary>
    public long LockHoldMs { get; init; } = 20_000;

    /// <summary>User by name; null for unknown.</summary>
    public Func<string, Credentials?> ResolveUser { get; init; } = static _ => null;

    /// <summary>User by number, with supplementary groups; null for unknown.</summary>
    public Func<uint, Credentials?> ResolveUid { get; init; } = static _ => null;

    /// <summary>Where lines go.</summary>
    public ILog Log { get; init; } = NullLog.Instance;

    /// <summary>Where counts go.</summary>
    public MetricsRegistry? Metrics { get; init; }

    /// <summary>Log every request.</summary>
    public bool Trace { get; init; }
}

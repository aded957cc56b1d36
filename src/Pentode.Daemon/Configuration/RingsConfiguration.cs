using System.Globalization;

namespace Pentode.Daemon.Configuration;

/// <summary>The <c>rings:</c> section. Defaults are those of iouringd; the bounds are wider than its own.</summary>
public sealed record RingsConfiguration
{
    /// <summary>Largest number of ring entries.</summary>
    public const int MaximumEntries = 4096;

    /// <summary>Largest number of connections.</summary>
    public const int MaximumClients = 4096;

    /// <summary>Largest number of descriptors of a client.</summary>
    public const int MaximumFds = 1024;

    /// <summary>Largest number of buffers of a client.</summary>
    public const int MaximumBuffers = 256;

    /// <summary>Most bytes of one task: what a completion can state.</summary>
    public const int MaximumIoBytes = 65535;

    /// <summary>Largest share of a user.</summary>
    public const int MaximumWeight = 10000;

    /// <summary>Reads "UID:WEIGHT".</summary>
    public static (uint Uid, int Weight)? ParseWeight(string? text)
    {
        var parts = text?.Split(':') ?? [];
        return parts.Length == 2 && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var weight) && weight is >= 1 and <= MaximumWeight
            ? (uid, weight)
            : null;
    }

    /// <summary>Path of the Unix socket.</summary>
    public required string Socket { get; init; }

    /// <summary>Entries of the ring: one more than the credits of all clients together.</summary>
    public int RingEntries { get; init; } = 4;

    /// <summary>Connections.</summary>
    public int MaxClients { get; init; } = 64;

    /// <summary>Descriptors a client may hold.</summary>
    public int RegisteredFds { get; init; } = 32;

    /// <summary>Buffers a client may hold.</summary>
    public int RegisteredBuffers { get; init; } = 1;

    /// <summary>Credits a client may hold.</summary>
    public int PerClientCredits { get; init; } = 64;

    /// <summary>Bytes one task may move.</summary>
    public int IoBytesMax { get; init; } = 4096;

    /// <summary>Bytes of transfers a client may have in flight; 0 for what its credits allow.</summary>
    public long PerClientBytes { get; init; }

    /// <summary>Connections of one user; 0 for no limit.</summary>
    public int PerUserClients { get; init; }

    /// <summary>Credits all connections of one user may hold together; 0 for no limit.</summary>
    public int PerUserCredits { get; init; }

    /// <summary>Bytes of transfers all connections of one user may have in flight together; 0 for no limit.</summary>
    public long PerUserBytes { get; init; }

    /// <summary>Descriptors all connections of one user may hold together; 0 for no limit.</summary>
    public int PerUserFds { get; init; }

    /// <summary>How long a task may run; zero for no limit.</summary>
    public TimeSpan TaskTimeout { get; init; }

    /// <summary>Whose rights tasks have: "caller" or "server".</summary>
    public string ActAs { get; init; } = "caller";

    /// <summary>A listening socket made by a service manager, taken over instead of making one; -1 for none. Not a key of the file.</summary>
    public int Listener { get; init; } = -1;

    /// <summary>Serves protocol 2 beside 1.12.</summary>
    public bool HasProtocol2 { get; init; } = true;

    /// <summary>Protocol 2: bytes of shared memory of a client.</summary>
    public long PerClientMemory { get; init; } = 1L << 30;

    /// <summary>Protocol 2: shares of users the default of 100 is not right for, 1 to 10000.</summary>
    public IReadOnlyList<(uint Uid, int Weight)> Weights { get; init; } = [];

    /// <summary>Named in trace lines.</summary>
    public uint? JobId { get; init; }

    /// <summary>Writes trace and metrics lines to standard error.</summary>
    public bool TraceStderr { get; init; }

    /// <summary>Users that may connect; empty for all.</summary>
    public IReadOnlyList<uint> AllowUids { get; init; } = [];

    /// <summary>Groups that may connect; empty for all.</summary>
    public IReadOnlyList<uint> AllowGids { get; init; } = [];

    /// <summary>Lets every client cancel every task.</summary>
    public bool CancelAny { get; init; }

    /// <summary>Directories OPENAT is confined beneath; empty for none.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];
}

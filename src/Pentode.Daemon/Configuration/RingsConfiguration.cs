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

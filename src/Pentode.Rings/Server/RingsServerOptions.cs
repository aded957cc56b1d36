using Pentode.Core.Diagnostics;

namespace Pentode.Rings.Server;

/// <summary>How one server of the protocol runs. The defaults are those of iouringd.</summary>
public sealed record RingsServerOptions
{
    /// <summary>Path of the Unix socket.</summary>
    public required string SocketPath { get; init; }

    /// <summary>Entries of the ring as clients see it, rounded up to a power of two: one more than the credits of all clients together.</summary>
    public int RingEntries { get; init; } = 4;

    /// <summary>Connections; more are closed at once.</summary>
    public int MaxClients { get; init; } = 64;

    /// <summary>Descriptors a client may hold.</summary>
    public int RegisteredFds { get; init; } = 32;

    /// <summary>Buffers a client may hold.</summary>
    public int RegisteredBuffers { get; init; } = 1;

    /// <summary>Credits one client may hold; never more than all.</summary>
    public int PerClientCredits { get; init; } = 64;

    /// <summary>Bytes one task may move.</summary>
    public int IoBytesMax { get; init; } = 4096;

    /// <summary>Named in trace lines.</summary>
    public uint? JobId { get; init; }

    /// <summary>Takes trace and metrics lines; null for none.</summary>
    public RingsLine? Trace { get; init; }

    /// <summary>Users that may connect; empty for all who can open the socket.</summary>
    public IReadOnlyList<uint> AllowedUids { get; init; } = [];

    /// <summary>Groups whose processes may connect, by their effective group; empty for all. Either list is enough.</summary>
    public IReadOnlyList<uint> AllowedGids { get; init; } = [];

    /// <summary>Lets every client cancel every task, as the original does, instead of only tasks of its own user.</summary>
    public bool CancelAny { get; init; }

    /// <summary>Directories OPENAT is confined beneath; empty for none, as the original: whatever the server's user can open.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>How long a client may take to read what waits for it before it is dropped.</summary>
    public TimeSpan OutputTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a client may take to shake hands before it is dropped.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the end waits for tasks to be cancelled.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A refusal to play; for tests.</summary>
    public RingsFault Fault { get; init; }

    /// <summary>Log.</summary>
    public ILog Log { get; init; } = NullLog.Instance;
}

using Pentode.Core.Diagnostics;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>How one server of the protocol runs. The defaults are those of iouringd.</summary>
public sealed record RingsServerOptions
{
    /// <summary>Path of the Unix socket.</summary>
    public required string SocketPath { get; init; }

    /// <summary>A listening socket made by a service manager, taken over instead of making one at the path; -1 for none. Its file is left alone.</summary>
    public int Listener { get; init; } = -1;

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

    /// <summary>Groups whose processes may connect, by effective or supplementary group; empty for all. Either list is enough.</summary>
    public IReadOnlyList<uint> AllowedGids { get; init; } = [];

    /// <summary>Whose rights tasks have.</summary>
    public RingsActor ActAs { get; init; }

    /// <summary>Bytes of transfers one client may have in flight; 0 for no limit but its credits. Beyond: -EAGAIN.</summary>
    public long PerClientBytes { get; init; }

    /// <summary>Connections of one user; 0 for no limit. More are closed at once.</summary>
    public int PerUserClients { get; init; }

    /// <summary>Credits all connections of one user may hold together; 0 for no limit. Beyond: -EAGAIN.</summary>
    public int PerUserCredits { get; init; }

    /// <summary>Bytes of transfers all connections of one user may have in flight together; 0 for no limit. Beyond: -EAGAIN.</summary>
    public long PerUserBytes { get; init; }

    /// <summary>Descriptors all connections of one user may hold together; 0 for no limit. Beyond: -EAGAIN.</summary>
    public int PerUserFds { get; init; }

    /// <summary>How long a task may run before it is cancelled and ends with -ETIMEDOUT; zero for no limit.</summary>
    public TimeSpan TaskTimeout { get; init; }

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

    /// <summary>Task id to go on from; for tests of their end.</summary>
    internal ulong LastTask { get; init; }

    /// <summary>Operations to do without, as on a kernel that lacks them; for tests.</summary>
    internal RingsOperations Without { get; init; }

    /// <summary>Share of a user the table of weights does not name.</summary>
    public const int DefaultWeight = 100;

    /// <summary>The largest share.</summary>
    public const int MaxWeight = 10000;

    /// <summary>Serves protocol 2 beside 1.12.</summary>
    public bool HasProtocol2 { get; init; } = true;

    /// <summary>Protocol 2: operations one client may have under way.</summary>
    public int Credits2 { get; init; } = 256;

    /// <summary>Protocol 2: descriptors one client may hold, at most 4094.</summary>
    public int Files2 { get; init; } = 256;

    /// <summary>Protocol 2: regions one client may hold, at most 30.</summary>
    public int Regions2 { get; init; } = 16;

    /// <summary>Protocol 2: bytes of them together.</summary>
    public long RegionBytes2 { get; init; } = 1L << 30;

    /// <summary>Protocol 2: bytes the kernel may hold at once of all clients, so that the order among them counts.</summary>
    public long KernelBytes2 { get; init; } = 32 << 20;

    /// <summary>Protocol 2: shares of users, 1 to <see cref="MaxWeight"/>.</summary>
    public IReadOnlyList<(uint Uid, int Weight)> Weights { get; init; } = [];

    /// <summary>A refusal to play; for tests.</summary>
    public RingsFault Fault { get; init; }

    /// <summary>Log.</summary>
    public ILog Log { get; init; } = NullLog.Instance;
}

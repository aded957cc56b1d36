using Pentode.Core.Diagnostics;

namespace Pentode.Nfs.Server;

/// <summary>Limits and collaborators of a <see cref="NfsServer"/>.</summary>
public sealed record NfsServerOptions
{
    /// <summary>What a record may be larger than the payload of a WRITE: head, credentials, arguments.</summary>
    internal const int RecordOverhead = 4096;

    /// <summary>Largest payload of a datagram's READ or WRITE.</summary>
    internal const int MaxDatagramTransfer = 32 << 10;

    /// <summary>Signs file handles: 32 bytes that must outlive the daemon, or every client has to mount anew.</summary>
    public required byte[] HandleKey { get; init; }

    /// <summary>Connections at a time.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Largest READ and WRITE, in bytes; a multiple of 4096.</summary>
    public int MaxTransfer { get; init; } = 1 << 20;

    /// <summary>Calls of one connection under way.</summary>
    public int MaxCalls { get; init; } = 128;

    /// <summary>Bytes of one connection held by calls and unsent replies before it is no longer read from.</summary>
    public long MaxInFlightBytes { get; init; } = 16L << 20;

    /// <summary>A connection without a call for so long is closed.</summary>
    public long IdleTimeoutMs { get; init; } = 6 * 60_000;

    /// <summary>Objects each loop keeps open for handles clients use.</summary>
    public int MaxObjects { get; init; } = 4096;

    /// <summary>Files each loop keeps open between calls.</summary>
    public int MaxOpenFiles { get; init; } = 1024;

    /// <summary>Time after which a file nobody uses is closed.</summary>
    public long FileIdleMs { get; init; } = 2_000;

    /// <summary>Time after which an object nobody uses is let go, and after which permission to an open file is asked anew.</summary>
    public long ObjectIdleMs { get; init; } = 5_000;

    /// <summary>Replies remembered for each client address against calls sent twice.</summary>
    public int MaxCachedReplies { get; init; } = 1024;

    /// <summary>How long they are remembered.</summary>
    public long CachedReplyMs { get; init; } = 10 * 60_000;

    /// <summary>Client addresses remembered.</summary>
    public int MaxClients { get; init; } = 4096;

    /// <summary>Calls without credentials (AUTH_NONE) are served as the user nobody.</summary>
    public bool AllowNoCredentials { get; init; }

    /// <summary>Port the programs are told to be at by the port mapper: the one NFS listens on.</summary>
    public int Port { get; init; } = 2049;

    /// <summary>Port of its own the port mapper is told to be at; the one of NFS serves it too.</summary>
    public int PortmapPort { get; init; } = 111;

    /// <summary>UDP is served too.</summary>
    public bool Udp { get; init; }

    /// <summary>Where lines go.</summary>
    public ILog Log { get; init; } = NullLog.Instance;

    /// <summary>Where counts go.</summary>
    public MetricsRegistry? Metrics { get; init; }

    /// <summary>Log every call.</summary>
    public bool Trace { get; init; }
}

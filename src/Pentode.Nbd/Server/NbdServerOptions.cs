using Pentode.Core.Diagnostics;

namespace Pentode.Nbd.Server;

/// <summary>Limits and switches of an <see cref="NbdServer"/>. Every limit has its default here.</summary>
public sealed record NbdServerOptions
{
    /// <summary>Connections at a time; more are closed at once.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Milliseconds for the whole handshake, and for a leaving client to take its last replies.</summary>
    public int HandshakeTimeoutMs { get; init; } = 10000;

    /// <summary>Options per handshake.</summary>
    public int MaxOptions { get; init; } = 64;

    /// <summary>Bytes of one option; a longer one closes the connection.</summary>
    public int MaxOptionBytes { get; init; } = 65536;

    /// <summary>Answer LIST.</summary>
    public bool AllowList { get; init; } = true;

    /// <summary>Largest READ or WRITE in bytes.</summary>
    public int MaxPayload { get; init; } = 64 << 20;

    /// <summary>Requests under way per connection.</summary>
    public int MaxInFlightRequests { get; init; } = 256;

    /// <summary>Data bytes under way per connection, unsent replies included.</summary>
    public long MaxInFlightBytes { get; init; } = 128L << 20;

    /// <summary>Bytes of finished replies that may wait for the client before no more requests are taken.</summary>
    public long MaxUnsentBytes { get; init; } = 8L << 20;

    /// <summary>
    /// Buffer bytes one loop may have handed out, all its connections together. Beyond it a connection with work under way gets no more
    /// until some is done; beyond twice as much, transfers that need a large buffer are refused with NBD_ENOMEM.
    /// </summary>
    public long MaxLoopBytes { get; init; } = 1L << 30;

    /// <summary>Where counters go.</summary>
    public MetricsRegistry? Metrics { get; init; }

    /// <summary>Where lines go.</summary>
    public ILog Log { get; init; } = NullLog.Instance;

    /// <summary>Asked once per batch: log one line per request.</summary>
    public bool Trace { get; init; }
}

namespace Pentode.Rings.Client.V2;

/// <summary>How a client of protocol 2 behaves.</summary>
public sealed record RingsClient2Options
{
    /// <summary>Connecting, handshake and set-up together.</summary>
    public int HandshakeTimeoutMs { get; init; } = 10_000;

    /// <summary>Bytes of shared memory made and registered at once; a multiple of 4096, never more than the server allows.</summary>
    public long RegionBytes { get; init; } = 4 << 20;

    /// <summary>Submits and completes by a shared ring instead of messages.</summary>
    public bool UsesSharedRing { get; init; } = true;

    /// <summary>Submissions of the shared ring; a power of two.</summary>
    public int RingEntries { get; init; } = 256;

    /// <summary>Operations that may wait to be submitted; more end with EAGAIN.</summary>
    public int MaxWaiting { get; init; } = 65_536;
}

namespace Pentode.Nbd.Client;

/// <summary>Limits and wishes of a client. Every limit has its default here.</summary>
public sealed record NbdClientOptions
{
    /// <summary>The context that tells holes and zeroes.</summary>
    public const string BaseAllocation = "base:allocation";

    /// <summary>Milliseconds for connecting and the whole handshake.</summary>
    public int HandshakeTimeoutMs { get; init; } = 15_000;

    /// <summary>Milliseconds without any progress of the requests under way after which the connection counts as dead.</summary>
    public int StallTimeoutMs { get; init; } = 60_000;

    /// <summary>Milliseconds a leaving client waits for its requests and its farewell.</summary>
    public int CloseTimeoutMs { get; init; } = 5_000;

    /// <summary>Requests on the wire per connection, at most 4096; more wait.</summary>
    public int MaxInFlight { get; init; } = 128;

    /// <summary>Requests that may wait per connection; more get EAGAIN.</summary>
    public int MaxWaiting { get; init; } = 65_536;

    /// <summary>Largest READ and WRITE sent, even if the server takes more; longer ones are split.</summary>
    public int MaxPayload { get; init; } = 32 << 20;

    /// <summary>Exports a listing may have; a server that sends more is cut off.</summary>
    public int MaxListedExports { get; init; } = 10_000;

    /// <summary>Metadata contexts to select; none leaves BLOCK_STATUS off. At most 16.</summary>
    public IReadOnlyList<string> Contexts { get; init; } = [BaseAllocation];

    /// <summary>Ask for the contexts an export has (LIST_META_CONTEXT) before it is opened.</summary>
    public bool ListContexts { get; init; }

    /// <summary>Ask for structured replies.</summary>
    public bool UseStructured { get; init; } = true;
}

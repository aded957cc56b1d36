namespace Pentode.Rings.Client;

/// <summary>How a client behaves. Every limit has its default here.</summary>
public sealed record RingsClientOptions
{
    /// <summary>Connecting and handshake together.</summary>
    public int HandshakeTimeoutMs { get; init; } = 10_000;

    /// <summary>Longest wait for the reply to a request. Completions may take as long as their tasks do.</summary>
    public int ReplyTimeoutMs { get; init; } = 30_000;

    /// <summary>Tasks of this client that may hold credits at once; never more than the server has.</summary>
    public int MaxInFlight { get; init; } = 1024;

    /// <summary>Operations that may wait to be sent; more end with EAGAIN.</summary>
    public int MaxWaiting { get; init; } = 65_536;

    /// <summary>A task that is refused a credit for so long while no other of this client has one ends with EAGAIN.</summary>
    public int AdmissionTimeoutMs { get; init; } = 30_000;
}

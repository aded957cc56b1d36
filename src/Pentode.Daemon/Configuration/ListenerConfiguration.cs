namespace Pentode.Daemon.Configuration;

/// <summary>One listener: where it listens and how it greets.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="OldStyleExport">NBD: greet with the oldstyle handshake, which offers this one export; null for newstyle.</param>
public sealed record ListenerConfiguration(ListenAddress Address, string? OldStyleExport = null)
{
    /// <summary>An address alone is a listener with nothing special.</summary>
    public static implicit operator ListenerConfiguration(ListenAddress address) => new(address);
}

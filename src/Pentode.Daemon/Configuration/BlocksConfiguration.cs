namespace Pentode.Daemon.Configuration;

/// <summary>The <c>blocks:</c> section.</summary>
public sealed record BlocksConfiguration
{
    /// <summary>Where NBD is served.</summary>
    public IReadOnlyList<ListenAddress> Listen { get; init; } = [ListenAddress.Tcp("127.0.0.1", 10809)];

    /// <summary>What is served.</summary>
    public IReadOnlyList<BlockExportConfiguration> Exports { get; init; } = [];

    /// <summary>Speak the old-style handshake and serve this export; null for newstyle.</summary>
    public string? OldStyleExport { get; init; }
}

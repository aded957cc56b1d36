namespace Pentode.Daemon.Configuration;

/// <summary>The <c>blocks:</c> section.</summary>
public sealed record BlocksConfiguration
{
    /// <summary>Where NBD is served.</summary>
    public IReadOnlyList<ListenerConfiguration> Listen { get; init; } = [ListenAddress.Tcp("127.0.0.1", 10809)];

    /// <summary>What is served.</summary>
    public IReadOnlyList<BlockExportConfiguration> Exports { get; init; } = [];
}

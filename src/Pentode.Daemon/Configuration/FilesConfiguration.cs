namespace Pentode.Daemon.Configuration;

/// <summary>The <c>files:</c> section.</summary>
public sealed record FilesConfiguration
{
    /// <summary>Where 9P is served.</summary>
    public IReadOnlyList<ListenerConfiguration> Listen { get; init; } = [ListenAddress.Tcp("127.0.0.1", 564)];

    /// <summary>What is served.</summary>
    public IReadOnlyList<TreeExportConfiguration> Exports { get; init; } = [];
}

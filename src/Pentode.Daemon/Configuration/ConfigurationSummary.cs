namespace Pentode.Daemon.Configuration;

/// <summary>What a configuration would serve, in a few words for people and programs.</summary>
/// <param name="Service">Name of the service, as in the configuration: <c>files</c>, <c>blocks</c> and so on.</param>
/// <param name="Serves">What it has to serve: <c>2 exports</c>, a socket, a store.</param>
public sealed record ConfigurationSummary(string Service, string Serves)
{
    /// <summary>A line for each service that is configured.</summary>
    public static IReadOnlyList<ConfigurationSummary> Of(DaemonConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var lines = new List<ConfigurationSummary>();
        if (configuration.Files is { } files)
            lines.Add(new("files", Count(files.Exports.Count, "export")));
        if (configuration.Blocks is { } blocks)
            lines.Add(new("blocks", Count(blocks.Exports.Count, "export")));
        if (configuration.Names is { } names)
            lines.Add(new("names", $"{Count(names.Exports.Count, "export")} on {(names.Postgres is null ? "SQLite" : "PostgreSQL")}"));
        if (configuration.Locks is { } locks)
            lines.Add(new("locks", $"{Count(locks.Domains.Count, "configured domain")} on {(locks.Etcd is not null ? "etcd" : locks.Postgres is not null ? "PostgreSQL" : "the embedded store")}"));
        if (configuration.Rings is { } rings)
            lines.Add(new("rings", $"socket {rings.Socket}"));
        if (configuration.Nfs is { } nfs)
            lines.Add(new("nfs", nfs.Exports is { } exports ? Count(exports.Count, "export") : "every export of files"));
        if (configuration.Mounts.Count > 0)
            lines.Add(new("mounts", Count(configuration.Mounts.Count, "mount")));
        return lines;
    }

    private static string Count(int count, string one) => count == 1 ? $"1 {one}" : $"{count} {one}s";
}

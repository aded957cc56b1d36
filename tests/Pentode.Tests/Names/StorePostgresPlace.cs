using System.Globalization;
using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Postgres;
using Pentode.Testing.Names;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Names;

/// <summary>A schema of its own in the database of a server of the tests.</summary>
internal sealed class StorePostgresPlace : CatalogPlace
{
    private static int s_count;
    private readonly PostgresServer _server;
    private readonly string _schema = "s" + Interlocked.Increment(ref s_count).ToString(CultureInfo.InvariantCulture);

    public StorePostgresPlace(PostgresServer server)
    {
        _server = server;
        _server.Execute("pentode", $"CREATE SCHEMA {_schema}");
    }

    public string ConnectionString => $"{_server.ConnectionString()};Search Path={_schema}";

    public string TcpConnectionString(int port) => $"Host=127.0.0.1;Port={port};Username=pentode;Database=pentode;Search Path={_schema}";

    public override async Task<ICatalogStore> Open(CatalogOptions options) => await PostgresCatalog.Open(ConnectionString, options, NullLog.Instance);

    public override async Task<string> Problems(ICatalogStore store)
    {
        var report = await ((CatalogStore)store).Check(repair: false, null, default);
        return string.Join('\n', report.Value.Problems.Select(p => p.Text));
    }

    public override ValueTask DisposeAsync()
    {
        _server.Execute("pentode", $"SET client_min_messages = error; DROP SCHEMA {_schema} CASCADE");
        return default;
    }
}

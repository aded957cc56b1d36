using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Sqlite;
using Pentode.Testing.Names;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Names;

/// <summary>A SQLite file that goes away with the test.</summary>
internal sealed class StoreSqlitePlace : CatalogPlace
{
    private readonly TemporaryDirectory _directory = new(memory: true);

    public string File => _directory["names.db"];

    public override async Task<ICatalogStore> Open(CatalogOptions options) => await SqliteCatalog.Open(File, options, NullLog.Instance);

    public override async Task<string> Problems(ICatalogStore store)
    {
        var report = await ((CatalogStore)store).Check(repair: false, null, default);
        return string.Join('\n', report.Value.Problems.Select(p => p.Text));
    }

    public override ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return default;
    }
}

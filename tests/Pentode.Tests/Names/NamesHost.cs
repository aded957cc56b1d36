using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Exports;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Sqlite;
using Pentode.Names.Tree;
using Pentode.Tests.Daemon;

namespace Pentode.Tests.Names;

/// <summary>A namespace on a SQLite file of its own, and views of it.</summary>
internal sealed class NamesHost : IAsyncDisposable
{
    private readonly string _directory;

    private NamesHost(string directory, CatalogStore store)
    {
        _directory = directory;
        Store = store;
        Shared = new SharedNamespace(store, "pentode test names");
    }

    public CatalogStore Store { get; private set; }

    public SharedNamespace Shared { get; private set; }

    public RecordingLog Log { get; } = new();

    public static async Task<NamesHost> Start(CatalogOptions? options = null)
    {
        var directory = Directory.CreateTempSubdirectory("pentode-names-").FullName;
        var store = await SqliteCatalog.Open(Path.Combine(directory, "names.db"), options ?? new CatalogOptions { IsRelaxed = true }, new RecordingLog());
        var host = new NamesHost(directory, store);
        Assert.Equal(Errno.None, await NamesLayout.Prepare(store));
        host.Shared.Wormhole = (await NamesLayout.Resolve(store, NamesLayout.Wormhole)).Value.Number;
        return host;
    }

    /// <summary>A view of all of it, or of a directory.</summary>
    public Volume View(IoMode io = IoMode.Full, MagicMode magic = MagicMode.On, bool ownersSetIo = false, long root = 1, VolumeOptions? options = null) =>
        new("names", new NamesTree(Shared, new ViewOptions { Io = io, Magic = magic, OwnersSetIo = ownersSetIo, RootInode = root }), options);

    public async Task<long> Number(string path) => (await NamesLayout.Resolve(Store, path)).Value.Number;

    /// <summary>Closes the store and opens it again.</summary>
    public async Task Restart()
    {
        await Store.DisposeAsync();
        Store = await SqliteCatalog.Open(Path.Combine(_directory, "names.db"), new CatalogOptions { IsRelaxed = true }, Log);
        var wormhole = Shared.Wormhole;
        Shared = new SharedNamespace(Store, "pentode test names") { Wormhole = wormhole };
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}

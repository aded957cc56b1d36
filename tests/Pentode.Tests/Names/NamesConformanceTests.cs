using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Tree;
using Pentode.Testing.Files;

namespace Pentode.Tests.Names;

/// <summary>What every tree must do, on a directory of a namespace in SQLite.</summary>
public sealed class NamesConformanceTests : TreeConformance, IAsyncDisposable
{
    private readonly List<NamesHost> _hosts = [];

    protected override bool ActsAsUsers => true;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
    }

    protected override ITreeBackend CreateTree()
    {
        var host = NamesHost.Start().GetAwaiter().GetResult();
        _hosts.Add(host);
        var top = host.Store.Create(CatalogRequest.Daemon, 1, "top"u8.ToArray(), new NewObject { Mode = 0x41ED }).AsTask().GetAwaiter().GetResult().Value;
        return new NamesTree(host.Shared, new ViewOptions { RootInode = top.Number });
    }
}

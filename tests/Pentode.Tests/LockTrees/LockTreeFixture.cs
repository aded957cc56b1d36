using Pentode.Core;
using Pentode.Files;
using Pentode.Locks.Manager;
using Pentode.Locks.Sessions;
using Pentode.Locks.Tree;
using Pentode.Tests.Locks;

namespace Pentode.Tests.LockTrees;

/// <summary>Lock trees of two nodes on one memory store, with short forms of the calls.</summary>
internal sealed class LockTreeFixture : IAsyncDisposable
{
    internal static readonly Credentials User = new(1000, 1000, [2000]);

    internal LockNodes Nodes { get; } = new();

    internal Volume A { get; private set; } = null!;

    internal Volume B { get; private set; } = null!;

    internal LockManager ManagerA { get; private set; } = null!;

    internal static async Task<LockTreeFixture> CreateAsync(LockTreeOptions? options = null, SessionTiming? timing = null)
    {
        var fixture = new LockTreeFixture();
        fixture.ManagerA = await fixture.Nodes.StartAsync("a", timing);
        fixture.A = new Volume("a", new LockTree(fixture.ManagerA, options ?? new LockTreeOptions()));
        fixture.B = new Volume("b", new LockTree(await fixture.Nodes.StartAsync("b", timing), options ?? new LockTreeOptions()));
        return fixture;
    }

    /// <summary>The domain d of a tree, joined if need be.</summary>
    internal static async Task<INode> Domain(Volume volume)
    {
        var root = volume.Attach().Value;
        var found = await volume.Lookup(Credentials.Root, root, new FileName("d"));
        return found.IsOk ? found.Value : (await volume.MakeDirectory(Credentials.Root, root, new FileName("d"), 0x1FF, 0)).Value;
    }

    /// <summary>A lock of the domain d, made if need be.</summary>
    internal static async Task<INode> Lock(Volume volume, string name)
    {
        var domain = await Domain(volume);
        var found = await volume.Lookup(Credentials.Root, domain, new FileName(name));
        return found.IsOk ? found.Value : (await volume.MakeNode(Credentials.Root, domain, new FileName(name), 0x81B6, 0, 0, 0)).Value;
    }

    internal static async Task<Result<IOpenFile>> Open(Volume volume, string name, int flags, CancellationToken cancel = default) =>
        await volume.Open(Credentials.Root, await Lock(volume, name), flags, new OpenOrigin(1, cancel)).AsTask().WaitAsync(LockNodes.Patience, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await A.DisposeAsync();
        await B.DisposeAsync();
        await Nodes.DisposeAsync();
    }
}

using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.Locks;
using Pentode.Locks.Guards;
using Pentode.Locks.Manager;
using Pentode.Locks.Sessions;
using Pentode.Testing.Locks;

namespace Pentode.Tests.Locks;

/// <summary>
/// Nodes of one cluster that export what stands for one file system: trees in memory, which number their files alike and know nothing of one another's locks.
/// </summary>
internal sealed class SharedFileNodes : IAsyncDisposable
{
    private readonly LockNodes _nodes = new();
    private readonly List<Volume> _volumes = [];

    internal const int ReadWrite = 2;

    internal async Task<Node> StartAsync(string name, SessionTiming? timing = null)
    {
        var store = new MemoryLockStore(_nodes.Cluster);
        var manager = await _nodes.StartAsync(name, timing, store);
        var locks = new SharedFileLocks(LockName.Of("d"), LockName.Of("shared"), "files export 't'", NullLog.Instance);
        locks.Start(manager, new LockDomainOptions(TryRecallMs: 500));
        var tree = new MemoryTree();
        var volume = new Volume("t", tree, new VolumeOptions { SharedLocks = locks });
        _volumes.Add(volume);
        return new Node(manager, store, locks, volume, tree);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var volume in _volumes)
            await volume.DisposeAsync();
        await _nodes.DisposeAsync();
    }

    internal sealed record Node(LockManager Manager, MemoryLockStore Store, SharedFileLocks Locks, Volume Volume, MemoryTree Tree)
    {
        /// <summary>Opens a file, which is made when missing.</summary>
        internal async Task<IOpenFile> Open(string name)
        {
            var root = Volume.Attach().Value;
            var made = await Volume.Create(Credentials.Root, root, new FileName(name), ReadWrite, 0x1B6, 0);
            Assert.Equal(Errno.None, made.Error);
            made.Value.Node.Release();
            root.Release();
            return made.Value.File;
        }

        internal Task<Errno> Lock(IOpenFile file, LockType type, uint process = 1, long start = 0, long length = 0, LockWait wait = default) =>
            Volume.Lock(file, new LockOwner(this, process, "c"), type, start, length, wait).AsTask().WaitAsync(LockNodes.Patience);

        internal async Task<LockRange> Test(IOpenFile file, LockType type) =>
            (await Volume.TestLock(file, new LockOwner(this, 99, "c"), type, 0, 0).AsTask().WaitAsync(LockNodes.Patience)).Value;
    }
}

using Pentode.Core;
using Pentode.Files;

namespace Pentode.Tests.NineP;

/// <summary>
/// A tree whose every call first runs a hook with the name of the call, which may wait, move to another thread or throw, and then goes to the
/// tree behind.
/// </summary>
internal sealed class HookedTree(ITreeBackend inner, Func<string, ValueTask> hook) : ITreeBackend
{
    public Result<INode> OpenRoot() => Wrap(inner.OpenRoot());

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private Result<INode> Wrap(Result<INode> node) => node.IsOk ? new Node(this, node.Value) : node.Error;

    private static INode Inner(INode node) => ((Node)node).Behind;

    private async ValueTask<T> Run<T>(string name, Func<ValueTask<T>> call)
    {
        await hook(name).ConfigureAwait(false);
        return await call().ConfigureAwait(false);
    }

    private async ValueTask<Result<INode>> RunNode(string name, Func<ValueTask<Result<INode>>> call) => Wrap(await Run(name, call).ConfigureAwait(false));

    private sealed class Node(HookedTree tree, INode behind) : INode
    {
        public INode Behind => behind;

        public NodeId Id => behind.Id;

        public void AddReference() => behind.AddReference();

        public void Release() => behind.Release();

        public ValueTask<Result<INode>> Lookup(Credentials who, FileName name) => tree.RunNode("Lookup", () => behind.Lookup(who, name));

        public ValueTask<Result<Pentode.Files.FileAttributes>> GetAttributes(Credentials who) => tree.Run("GetAttributes", () => behind.GetAttributes(who));

        public ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through) =>
            tree.Run("SetAttributes", () => behind.SetAttributes(who, change, (through as OpenFile)?.Behind));

        public ValueTask<Result<byte[]>> ReadLink(Credentials who) => tree.Run("ReadLink", () => behind.ReadLink(who));

        public async ValueTask<Result<IOpenFile>> Open(Credentials who, int flags)
        {
            var file = await tree.Run("Open", () => behind.Open(who, flags)).ConfigureAwait(false);
            return file.IsOk ? new OpenFile(tree, this, file.Value) : file.Error;
        }

        public async ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid)
        {
            var made = await tree.Run("Create", () => behind.Create(who, name, flags, mode, gid)).ConfigureAwait(false);
            if (!made.IsOk)
                return made.Error;
            var node = new Node(tree, made.Value.Node);
            return new CreatedFile(node, new OpenFile(tree, node, made.Value.File));
        }

        public ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid) =>
            tree.RunNode("MakeDirectory", () => behind.MakeDirectory(who, name, mode, gid));

        public ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid) =>
            tree.RunNode("MakeNode", () => behind.MakeNode(who, name, mode, major, minor, gid));

        public ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid) =>
            tree.RunNode("MakeSymbolicLink", () => behind.MakeSymbolicLink(who, name, target, gid));

        public ValueTask<Errno> Link(Credentials who, INode target, FileName name) => tree.Run("Link", () => behind.Link(who, Inner(target), name));

        public ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName) =>
            tree.Run("Rename", () => behind.Rename(who, name, Inner(newDirectory), newName));

        public ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory) => tree.Run("Unlink", () => behind.Unlink(who, name, directory));

        public ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name) =>
            tree.Run("GetExtendedAttribute", () => behind.GetExtendedAttribute(who, name));

        public ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who) => tree.Run("ListExtendedAttributes", () => behind.ListExtendedAttributes(who));

        public ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags) =>
            tree.Run("SetExtendedAttribute", () => behind.SetExtendedAttribute(who, name, value, flags));

        public ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name) =>
            tree.Run("RemoveExtendedAttribute", () => behind.RemoveExtendedAttribute(who, name));

        public ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who) => tree.Run("GetStatistics", () => behind.GetStatistics(who));

        public ValueTask<Errno> RemoveSelf(Credentials who) => tree.Run("RemoveSelf", () => behind.RemoveSelf(who));

        public ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName) =>
            tree.Run("RenameSelf", () => behind.RenameSelf(who, Inner(newDirectory), newName));
    }

    private sealed class OpenFile(HookedTree tree, Node node, IOpenFile behind) : IOpenFile
    {
        public IOpenFile Behind => behind;

        public INode Node => node;

        public ValueTask<Result<int>> Read(Memory<byte> buffer, long offset) => tree.Run("Read", () => behind.Read(buffer, offset));

        public ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset) => tree.Run("Write", () => behind.Write(buffer, offset));

        public ValueTask<Errno> Sync(bool dataOnly) => tree.Run("Sync", () => behind.Sync(dataOnly));

        public ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink) => tree.Run("ReadDirectory", () => behind.ReadDirectory(cookie, sink));

        public Errno TryLock(LockOwner owner, LockType type, long start, long length) => behind.TryLock(owner, type, start, length);

        public LockType HeldLock => behind.HeldLock;

        public Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length) => behind.TestLock(owner, type, start, length);

        public bool ReleaseLocks() => behind.ReleaseLocks();

        public ValueTask<Errno> Close() => tree.Run("Close", behind.Close);
    }
}

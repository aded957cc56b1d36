using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Wire;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.NineP.Client.Tree;

/// <summary>An object of the export, held by a fid that is never opened. Of special files the identity says "regular"; the attributes tell.</summary>
internal sealed class NinePTreeNode(NinePTree tree, uint fid, Qid qid, bool isRoot) : INode
{
    private const int CreateFlag = 0x40;

    private int _references = 1;

    /// <inheritdoc/>
    public NodeId Id { get; } = ToId(qid);

    private NinePClient Client => tree.Client;

    /// <summary>The identity a qid stands for.</summary>
    internal static NodeId ToId(Qid qid) =>
        new(qid.Path, (qid.Type & Qid.Directory) != 0 ? 0x4000u : (qid.Type & Qid.SymbolicLink) != 0 ? 0xA000u : 0x8000u, qid.Version);

    /// <inheritdoc/>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <inheritdoc/>
    public void Release()
    {
        // The root's fid is the tree's.
        if (Interlocked.Decrement(ref _references) == 0 && !isRoot)
            tree.Forget(fid);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<INode>> Lookup(Credentials who, FileName name)
    {
        if (isRoot && name.IsDotDot)
        {
            AddReference();
            return this;
        }

        await tree.Enter();
        var found = await Client.Walk(fid, name.Bytes.Span);
        return found.IsOk ? new NinePTreeNode(tree, found.Value.Fid, found.Value.Qid, isRoot: false) : found.Error;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        await tree.Enter();
        var got = await Client.GetAttributes(fid, NinePAttributes.All);
        return got.IsOk ? Convert(got.Value) : got.Error;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through)
    {
        await tree.Enter();
        return await Client.SetAttributes(through is NinePTreeFile file ? file.Fid : fid, change);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<byte[]>> ReadLink(Credentials who)
    {
        await tree.Enter();
        return await Client.ReadLink(fid);
    }

    /// <inheritdoc/>
    public ValueTask<Result<IOpenFile>> Open(Credentials who, int flags) => Open(who, flags, default);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, OpenOrigin origin)
    {
        await tree.Enter();
        var clone = await Client.Clone(fid, origin.Cancel);
        if (!clone.IsOk)
            return Given(clone.Error);
        var opened = await Client.Open(clone.Value.Fid, (uint)flags, origin.Cancel);
        if (opened.IsOk)
            return new NinePTreeFile(tree, this, clone.Value.Fid);
        Client.Forget(clone.Value.Fid);
        return Given(opened.Error);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid)
    {
        await tree.Enter();
        var clone = await Client.Clone(fid);
        if (!clone.IsOk)
            return clone.Error;
        var created = await Client.Create(clone.Value.Fid, name.Bytes.Span, (uint)(flags | CreateFlag), mode, GroupFor(who, gid));
        if (!created.IsOk)
        {
            Client.Forget(clone.Value.Fid);
            return created.Error;
        }

        var node = await Made(name);
        if (!node.IsOk)
        {
            Client.Forget(clone.Value.Fid);
            return node.Error;
        }

        return new CreatedFile(node.Value, new NinePTreeFile(tree, (NinePTreeNode)node.Value, clone.Value.Fid));
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid)
    {
        await tree.Enter();
        var made = await Client.MakeDirectory(fid, name.Bytes.Span, mode, GroupFor(who, gid));
        return made.IsOk ? await Made(name) : made.Error;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid)
    {
        await tree.Enter();
        var made = await Client.MakeNode(fid, name.Bytes.Span, mode, major, minor, GroupFor(who, gid));
        return made.IsOk ? await Made(name) : made.Error;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid)
    {
        await tree.Enter();
        var made = await Client.MakeSymbolicLink(fid, name.Bytes.Span, target.Span, GroupFor(who, gid));
        return made.IsOk ? await Made(name) : made.Error;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Link(Credentials who, INode target, FileName name)
    {
        if (target is not NinePTreeNode other || !other.IsOf(tree))
            return Errno.EXDEV;
        await tree.Enter();
        return await Client.Link(fid, other.Fid, name.Bytes.Span);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName)
    {
        if (newDirectory is not NinePTreeNode other || !other.IsOf(tree))
            return Errno.EXDEV;
        await tree.Enter();
        return await Client.RenameAt(fid, name.Bytes.Span, other.Fid, newName.Bytes.Span);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory)
    {
        await tree.Enter();
        return await Client.UnlinkAt(fid, name.Bytes.Span, directory);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name)
    {
        await tree.Enter();
        return await Client.GetExtendedAttribute(fid, name.Bytes.ToArray());
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who)
    {
        await tree.Enter();
        return await Client.GetExtendedAttribute(fid, []);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags)
    {
        await tree.Enter();
        return await Client.SetExtendedAttribute(fid, name.Bytes.ToArray(), value.ToArray(), (uint)flags);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name)
    {
        await tree.Enter();
        return await Client.SetExtendedAttribute(fid, name.Bytes.ToArray(), null, 0);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who)
    {
        await tree.Enter();
        return await Client.StatFileSystem(fid);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> RemoveSelf(Credentials who)
    {
        await tree.Enter();
        var clone = await Client.Clone(fid);
        return clone.IsOk ? await Client.Remove(clone.Value.Fid) : clone.Error;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName)
    {
        if (newDirectory is not NinePTreeNode other || !other.IsOf(tree))
            return Errno.EXDEV;
        await tree.Enter();
        return await Client.Rename(fid, other.Fid, newName.Bytes.Span);
    }

    private uint Fid => fid;

    // An open that was given up ends with EINTR.
    private static Errno Given(Errno error) => error == Errno.ECANCELED ? Errno.EINTR : error;

    // Without a wish the group of the caller; a set-group-id directory of the server has its own way.
    private static uint GroupFor(Credentials who, uint gid) => gid == uint.MaxValue ? who.Gid : gid;

    private static FileAttributes Convert(in NinePAttributes a) => new()
    {
        Id = ToId(a.Qid) with { Mode = a.Mode & NinePAttributes.TypeMask },
        Mode = a.Mode,
        Uid = a.Uid,
        Gid = a.Gid,
        LinkCount = a.LinkCount,
        DeviceMajor = (uint)((a.Device >> 8) & 0xFFF),
        DeviceMinor = (uint)((a.Device & 0xFF) | ((a.Device >> 12) & 0xFFF00)),
        Size = a.Length,
        Blocks = a.Blocks,
        AccessTime = a.AccessTime,
        ModifyTime = a.ModifyTime,
        ChangeTime = a.ChangeTime,
        BirthTime = a.BirthTime,
        HasBirthTime = a.HasBirthTime,
    };

    private bool IsOf(NinePTree other) => ReferenceEquals(tree, other);

    private async ValueTask<Result<INode>> Made(FileName name)
    {
        var found = await Client.Walk(fid, name.Bytes.Span);
        return found.IsOk ? new NinePTreeNode(tree, found.Value.Fid, found.Value.Qid, isRoot: false) : found.Error;
    }
}

using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Exports;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>An object of the catalog, held there while the node lives.</summary>
internal sealed partial class ObjectNode : NamesNode
{
    private const int TruncateFlag = 0x200;
    private const int NoAccessTime = 0x40000;

    private CatalogInode _row;

    /// <summary>A node of a row just read; one reference for the caller.</summary>
    public ObjectNode(NamesTree tree, CatalogInode row)
        : base(tree)
    {
        _row = row;
        tree.Store.Hold(row.Number);
    }

    /// <inheritdoc/>
    public override NodeId Id => Tree.IdOf(Volatile.Read(ref _row));

    /// <inheritdoc/>
    public override Result<NodeHandle> Handle => new NodeHandle(HandleKind.Object, (ulong)Number, 0);

    /// <inheritdoc/>
    public override FileAttributes? AsFound => Volatile.Read(ref _row) is { LinkCount: > 0 } row ? Tree.AttributesOf(row) : null;

    /// <summary>Number of the object.</summary>
    public long Number => _row.Number;

    private ICatalogStore Store => Tree.Store;

    /// <inheritdoc/>
    public override async ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var row = await Refresh().ConfigureAwait(false);
        return row.IsOk ? Tree.AttributesOf(row.Value) : row.Error;
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through)
    {
        if (change.Size is { } size)
        {
            var row = await Refresh().ConfigureAwait(false);
            if (!row.IsOk)
                return row.Error;
            if (CheckResize(row.Value, (long)size) is not Errno.None and var refused)
                return refused;

            // Nothing to do, and nothing a file without data here could do.
            if ((long)size == row.Value.Size && !HasContent(row.Value))
                change = change with { Size = null };
            if (change == default)
                return Errno.None;
        }

        var isOpen = through is ObjectFile { CanWrite: true };
        return Changed(await Store.SetAttributes(new CatalogRequest(who), Number, change, guard: null, isOpen).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<byte[]>> ReadLink(Credentials who)
    {
        var row = await Refresh().ConfigureAwait(false);
        return row.IsOk ? row.Value.Target ?? (Result<byte[]>)Errno.EINVAL : row.Error;
    }

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> Open(Credentials who, int flags) => Open(who, flags, isStateless: false);

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> OpenStateless(Credentials who, int flags) => Open(who, flags, isStateless: true);

    private async ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, bool isStateless)
    {
        var row = await Refresh().ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;

        // Only who has an old name in a cache comes here: the kernel looks again then.
        if (row.Value.LinkCount == 0)
            return Errno.ESTALE;
        if (CheckOpen(who, row.Value, flags, isStateless) is not Errno.None and var refused)
            return refused;
        if ((flags & TruncateFlag) != 0 && row.Value.IsRegular)
        {
            var error = await Truncate(who, row.Value).ConfigureAwait(false);
            if (error != Errno.None)
                return error;
        }

        return NamesTree.Ok<IOpenFile>(new ObjectFile(Tree, this, who, flags));
    }

    /// <summary>May the data of the file be read and written through this view?</summary>
    internal async ValueTask<Errno> CheckIo()
    {
        if (Tree.Options.Io == IoMode.Full)
            return Errno.None;
        var row = await Refresh().ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        return row.Value.IsIoEnabled ? Errno.None : Errno.EIO;
    }

    /// <summary>The row as it is now.</summary>
    internal async ValueTask<Result<CatalogInode>> Refresh()
    {
        var row = await Store.Get(Number).ConfigureAwait(false);
        if (row.IsOk)
            Volatile.Write(ref _row, row.Value);
        return row;
    }

    /// <inheritdoc/>
    protected override void Closed()
    {
        var task = Store.Release(Number);
        if (!task.IsCompletedSuccessfully)
            _ = task.AsTask();
    }

    internal Errno Changed(Result<CatalogInode> row)
    {
        if (row.IsOk)
            Volatile.Write(ref _row, row.Value);
        return Changed(row.Error);
    }

    internal Errno Changed(Errno error)
    {
        if (error == Errno.None)
            Tree.Shared.Changed?.Invoke(Number);
        return error;
    }

    private static Errno CheckOpen(Credentials who, CatalogInode row, int flags, bool isStateless)
    {
        if (!row.IsRegular && !row.IsDirectory)
            return row.IsSymbolicLink ? Errno.ELOOP : Errno.ENXIO;
        var error = CheckOpen(who, row.Mode, row.Uid, row.Gid, flags, isStateless && row.IsRegular);
        if (error == Errno.None && (flags & NoAccessTime) != 0 && !Access.IsOwner(who, row.Uid))
            error = Errno.EPERM;
        return error;
    }

    private static bool HasContent(CatalogInode row) => row.IsIoEnabled || row.State == CatalogState.New;

    // The recorded size of a file whose data is elsewhere is not for truncate(2) to change.
    private Errno CheckResize(CatalogInode row, long size)
    {
        if (row.IsIoEnabled || size == row.Size)
            return row.IsIoEnabled || size == 0 || Tree.Options.Io == IoMode.Full ? Errno.None : Errno.EPERM;
        return Tree.Options.Io == IoMode.Full && row.State == CatalogState.New ? Errno.None : Errno.EPERM;
    }

    private async ValueTask<Errno> Truncate(Credentials who, CatalogInode row)
    {
        if (CheckResize(row, 0) is not Errno.None and var refused)
            return refused;
        if (row.Size == 0 && !HasContent(row))
            return Errno.None;
        return Changed(await Store.SetAttributes(new CatalogRequest(who), Number, new AttributeChange { Size = 0 }, guard: null, isOpen: true).ConfigureAwait(false));
    }
}

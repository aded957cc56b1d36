using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>Side data of a file: levels 1 to 7, each with its own size, times, owner and mode. The I/O gate is not for them.</summary>
internal sealed class LevelNode(NamesTree tree, long number, int level) : NamesNode(tree)
{
    private const int TruncateFlag = 0x200;
    private const uint Regular = 0x8000;

    private NodeHandle Key => new(HandleKind.Level, (ulong)number, (ulong)level);

    /// <inheritdoc/>
    public override NodeId Id => Attributes.IdOf(Key, Regular);

    /// <inheritdoc/>
    public override Result<NodeHandle> Handle => Key;

    /// <inheritdoc/>
    public override async ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var found = await Tree.Store.GetLevel(number, level).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error == Errno.ENOENT ? Errno.ESTALE : found.Error;
        var l = found.Value;
        return Attributes.Of(Key, Regular | l.Mode, l.Uid, l.Gid, l.Size, l.AccessTime, l.ModifyTime, l.ChangeTime);
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through) =>
        Changed((await Tree.Store.SetLevelAttributes(new CatalogRequest(who), number, level, change, through is LevelFile { CanWrite: true }).ConfigureAwait(false)).Error);

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> Open(Credentials who, int flags) => Open(who, flags, isStateless: false);

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> OpenStateless(Credentials who, int flags) => Open(who, flags, isStateless: true);

    private async ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, bool isStateless)
    {
        var found = await Tree.Store.GetLevel(number, level).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        var error = CheckOpen(who, found.Value.Mode, found.Value.Uid, found.Value.Gid, flags, isStateless);
        if (error == Errno.None && (flags & TruncateFlag) != 0)
            error = Changed((await Tree.Store.SetLevelAttributes(new CatalogRequest(who), number, level, new AttributeChange { Size = 0 }, isOpen: true).ConfigureAwait(false)).Error);
        return error == Errno.None ? NamesTree.Ok<IOpenFile>(OpenUnchecked(flags, who)) : error;
    }

    /// <summary>Opens as asked, whatever the mode says.</summary>
    public IOpenFile OpenUnchecked(int flags, Credentials who) => new LevelFile(Tree, this, number, level, who, flags);

    /// <inheritdoc/>
    public override async ValueTask<Errno> RemoveSelf(Credentials who) =>
        Changed(await Tree.Store.RemoveLevel(new CatalogRequest(who), number, level).ConfigureAwait(false));

    internal Errno Changed(Errno error)
    {
        if (error == Errno.None)
            Tree.Shared.Changed?.Invoke(number);
        return error;
    }
}

using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>A tag as one directory sees it. Changing an inherited one gives the directory its own.</summary>
internal sealed class TagNode(NamesTree tree, long directory, byte[] name, long interned) : NamesNode(tree)
{
    private const int TruncateFlag = 0x200;
    private const uint Regular = 0x8000;

    private NodeHandle Key => new(HandleKind.Tag, (ulong)directory, (ulong)interned);

    /// <inheritdoc/>
    public override NodeId Id => Attributes.IdOf(Key, Regular);

    /// <inheritdoc/>
    public override Result<NodeHandle> Handle => Key;

    /// <inheritdoc/>
    public override async ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var found = await Tree.Store.GetTag(directory, name).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error == Errno.ENOENT ? Errno.ESTALE : found.Error;
        var t = found.Value;
        return Attributes.Of(Key, Regular | t.Mode, t.Uid, t.Gid, t.IsValid ? t.Value.Length : 0, t.ModifyTime, t.ModifyTime, t.ChangeTime);
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through)
    {
        if (change.SetModifyTime)
        {
            // A removed primary tag is still to be seen, so touch(1) never creates it: it comes back to life here.
            var tag = await Tree.Store.GetTag(directory, name).ConfigureAwait(false);
            if (tag is { IsOk: true, Value: { IsValid: false, IsInherited: false } })
                return Changed((await Tree.Store.CreateTag(new CatalogRequest(who), directory, name, tag.Value.Mode).ConfigureAwait(false)).Error);
        }

        return Changed((await Tree.Store.SetTagAttributes(new CatalogRequest(who), directory, name, change).ConfigureAwait(false)).Error);
    }

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> Open(Credentials who, int flags) => Open(who, flags, isStateless: false);

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> OpenStateless(Credentials who, int flags) => Open(who, flags, isStateless: true);

    private async ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, bool isStateless)
    {
        var found = await Tree.Store.GetTag(directory, name).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        var error = CheckOpen(who, found.Value.Mode, found.Value.Uid, found.Value.Gid, flags, isStateless);
        if (error == Errno.None && (flags & TruncateFlag) != 0 && found.Value.Value.Length > 0)
            error = Changed((await Tree.Store.SetTagAttributes(new CatalogRequest(who), directory, name, new AttributeChange { Size = 0 }).ConfigureAwait(false)).Error);
        return error == Errno.None ? NamesTree.Ok<IOpenFile>(new TagFile(Tree, this, directory, name, who, flags)) : error;
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> RemoveSelf(Credentials who) =>
        Changed(await Tree.Store.RemoveTag(new CatalogRequest(who), directory, name).ConfigureAwait(false));

    internal Errno Changed(Errno error)
    {
        if (error == Errno.None)
            Tree.Shared.Changed?.Invoke(directory);
        return error;
    }
}

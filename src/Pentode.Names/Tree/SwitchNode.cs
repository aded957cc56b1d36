using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>
/// A switch of a file (<c>.(fset)</c>, <c>.(pset)</c>): empty, mode 0200. Making it acts; so does setting its times, which is what touch(1) does
/// to one that is there. What else a client sets on it, owner and mode after a create above all, is taken and has no effect.
/// </summary>
internal sealed class SwitchNode(NamesTree tree, SwitchAction action, CatalogInode row) : NamesNode(tree)
{
    private const uint Mode = 0x8000 | 0x80;

    /// <inheritdoc/>
    public override NodeId Id => Attributes.IdOf(action.Handle, Mode & 0xF000);

    /// <inheritdoc/>
    public override Result<NodeHandle> Handle => action.Handle;

    /// <inheritdoc/>
    public override async ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var now = await Tree.Store.Get(row.Number).ConfigureAwait(false);
        if (!now.IsOk)
            return now.Error;
        var owner = Tree.Magic.Switches.OwnerOf(action, now.Value);
        var time = now.Value.ChangeTime;
        return Attributes.Of(action.Handle, Mode, owner.Uid, owner.Gid, 0, time, time, time);
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through) =>
        change.SetModifyTime || change.SetAccessTime ? await Tree.Magic.Switches.Perform(who, action, row.Number).ConfigureAwait(false) : Errno.None;

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> Open(Credentials who, int flags)
    {
        var owner = Tree.Magic.Switches.OwnerOf(action, row);
        var error = CheckOpen(who, Mode, owner.Uid, owner.Gid, flags, isStateless: false);
        return new(error == Errno.None ? NamesTree.Ok(OpenUnchecked()) : error);
    }

    /// <summary>Opens for whoever has just made it.</summary>
    public IOpenFile OpenUnchecked() => new SwitchFile(this);

    /// <inheritdoc/>
    public override ValueTask<Errno> RemoveSelf(Credentials who) => Tree.Magic.Switches.Undo(who, action, row);
}

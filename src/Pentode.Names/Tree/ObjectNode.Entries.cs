using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Magic;

namespace Pentode.Names.Tree;

/// <content>Directory entries.</content>
internal sealed partial class ObjectNode
{
    private const int ExclusiveFlag = 0x80;
    private const int CreateAttempts = 8;
    private const uint Regular = 0x8000;
    private const uint Directory = 0x4000;
    private const uint SymbolicLink = 0xA000;

    /// <inheritdoc/>
    public override async ValueTask<Result<INode>> Lookup(Credentials who, FileName name)
    {
        var magic = name.IsDotDot ? default : Tree.Magic.Understand(name.Bytes);
        if (!name.IsDotDot && !magic.IsMagic)
        {
            var child = await Child(who, name).ConfigureAwait(false);
            return child.IsOk ? Tree.Wrap(child.Value) : child.Error;
        }

        var row = await Tree.Search(who, Number).ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        if (name.IsDotDot)
        {
            var parent = await Tree.ParentOf(Number).ConfigureAwait(false);
            return parent.IsOk ? Tree.Wrap(parent.Value) : parent.Error;
        }

        return magic.Command is null ? Errno.ENOENT : await Tree.Magic.Lookup(who, row.Value, magic.Command).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid)
    {
        var magic = Tree.Magic.Understand(name.Bytes);
        if (magic.IsMagic)
        {
            var made = await CreateMagic(who, magic.Command, (flags & ExclusiveFlag) != 0, mode).ConfigureAwait(false);
            return made.IsOk ? await OpenMade(who, made.Value.Node, flags, made.Value.IsNew).ConfigureAwait(false) : made.Error;
        }

        for (var attempt = 0; attempt < CreateAttempts; attempt++)
        {
            if ((flags & ExclusiveFlag) == 0)
            {
                var existing = await Child(who, name).ConfigureAwait(false);
                if (existing.IsOk)
                    return existing.Value.IsDirectory ? Errno.EISDIR : await OpenMade(who, Tree.Wrap(existing.Value).Value, flags, isNew: false).ConfigureAwait(false);
                if (existing.Error != Errno.ENOENT)
                    return Gone(existing.Error);
            }

            var made = await Make(who, name, new NewObject { Mode = Regular | mode }, gid).ConfigureAwait(false);
            if (made.IsOk)
                return await OpenMade(who, made.Value, flags, isNew: true).ConfigureAwait(false);
            if (made.Error != Errno.EEXIST || (flags & ExclusiveFlag) != 0)
                return made.Error;
        }

        return Errno.EAGAIN;
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<INode>> CreateExclusive(Credentials who, FileName name, ulong verifier, uint mode, uint gid)
    {
        var magic = Tree.Magic.Understand(name.Bytes);
        if (!magic.IsMagic)
            return await Make(who, name, new NewObject { Mode = Regular | mode, Verifier = verifier }, gid).ConfigureAwait(false);

        // A switch that is set again says so again: nothing tells a repeated call from a second one, and nothing needs to.
        var made = await CreateMagic(who, magic.Command, isExclusive: false, mode).ConfigureAwait(false);
        return made.IsOk ? NamesTree.Ok<INode>(made.Value.Node) : made.Error;
    }

    /// <inheritdoc/>
    public override ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid)
    {
        var magic = Tree.Magic.Understand(name.Bytes);
        if (magic.IsMagic)
        {
            if (magic.Command is not { Kind: MagicKind.TopDirectory, Number: 0 } top)
                return new(Errno.EINVAL);
            name = new FileName(top.Name);
            if (name.IsDot || name.IsDotDot)
                return new(Errno.EINVAL);
        }

        // Set-user-id and set-group-id cannot be asked for; the latter is inherited.
        return Make(who, name, new NewObject { Mode = Directory | (mode & 0x3FF) }, gid);
    }

    /// <inheritdoc/>
    public override ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid) =>
        MakeOrdinary(who, name, new NewObject { Mode = mode, Device = ((ulong)major << 32) | minor }, gid);

    /// <inheritdoc/>
    public override ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid) =>
        MakeOrdinary(who, name, new NewObject { Mode = SymbolicLink | 0x1FF, Target = target }, gid);

    /// <inheritdoc/>
    public override async ValueTask<Errno> Link(Credentials who, INode target, FileName name)
    {
        if (target is not ObjectNode node || node.Tree.Shared != Tree.Shared)
            return target is NamesNode ? Errno.EPERM : Errno.EXDEV;
        if (Tree.Magic.Understand(name.Bytes).IsMagic)
            return Errno.EINVAL;
        var linked = await Store.Link(new CatalogRequest(who), node.Number, Number, name.Bytes).ConfigureAwait(false);
        return linked.Error == Errno.ESTALE ? Errno.ENOENT : Changed(node.Changed(linked));
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName)
    {
        if (newDirectory is not ObjectNode to || to.Tree.Shared != Tree.Shared)
            return newDirectory is NamesNode ? Errno.EPERM : Errno.EXDEV;
        if (Tree.Magic.Understand(name.Bytes).IsMagic)
            return Errno.EPERM;
        if (Tree.Magic.Understand(newName.Bytes).IsMagic)
            return Errno.EINVAL;
        var error = await Store.Rename(new CatalogRequest(who), Number, name.Bytes, to.Number, newName.Bytes).ConfigureAwait(false);
        if (error == Errno.None)
            Tree.Shared.Moved();
        return Changed(to.Changed(error));
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory)
    {
        var magic = Tree.Magic.Understand(name.Bytes);
        if (magic.IsMagic)
        {
            var row = await Tree.Search(who, Number).ConfigureAwait(false);
            if (!row.IsOk)
                return row.Error;
            if (magic.Command is null)
                return Errno.ENOENT;
            return directory ? Errno.ENOTDIR : await Tree.Magic.Remove(who, row.Value, magic.Command).ConfigureAwait(false);
        }

        if (directory)
            return Changed(await Store.RemoveDirectory(new CatalogRequest(who), Number, name.Bytes).ConfigureAwait(false));
        var removed = await Store.Remove(new CatalogRequest(who), Number, name.Bytes).ConfigureAwait(false);
        if (removed.IsOk && removed.Value.LinkCount > 0)
            Tree.Shared.Moved();
        return Changed(removed.Error);
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> RemoveSelf(Credentials who)
    {
        var place = await Place().ConfigureAwait(false);
        if (!place.IsOk)
            return place.Error;
        var error = await place.Value.Directory.Unlink(who, place.Value.Name, Id.IsDirectory).ConfigureAwait(false);
        place.Value.Directory.Release();
        return error;
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName)
    {
        var place = await Place().ConfigureAwait(false);
        if (!place.IsOk)
            return place.Error;
        var error = await place.Value.Directory.Rename(who, place.Value.Name, newDirectory, newName).ConfigureAwait(false);
        place.Value.Directory.Release();
        return error;
    }

    /// <summary>The row of a child, for who may search this directory.</summary>
    private async ValueTask<Result<CatalogInode>> Child(Credentials who, FileName name)
    {
        var step = await Store.Step(Number, name.Bytes).ConfigureAwait(false);
        if (!step.IsOk)
            return step.Error;
        var error = Access.Check(who, step.Value.Directory, Access.Search);
        if (error != Errno.None)
            return error;
        return step.Value.Child is { } child ? child : Errno.ENOENT;
    }

    /// <summary>The directory this object is in, with a reference for the caller, and its name there.</summary>
    private async ValueTask<Result<(INode Directory, FileName Name)>> Place()
    {
        if (Number == Tree.Options.RootInode)
            return Errno.EBUSY;
        var names = await Store.Names(Number, 1).ConfigureAwait(false);
        if (!names.IsOk || names.Value.Count == 0)
            return Errno.ENOENT;
        var parent = await Store.Get(names.Value[0].Parent).ConfigureAwait(false);
        return parent.IsOk ? (Tree.Wrap(parent.Value).Value, new FileName(names.Value[0].Name)) : parent.Error;
    }

    private ValueTask<Result<INode>> MakeOrdinary(Credentials who, FileName name, NewObject what, uint gid) =>
        Tree.Magic.Understand(name.Bytes).IsMagic ? new(Errno.EINVAL) : Make(who, name, what, gid);

    /// <summary>Makes an object. Whether the caller may is seen in the transaction.</summary>
    private async ValueTask<Result<INode>> Make(Credentials who, FileName name, NewObject what, uint gid)
    {
        // No group given leaves the choice to the directory and the user; a set-group-id directory always chooses.
        var made = await Store.Create(new CatalogRequest(who), Number, name.Bytes, what with { Gid = gid == uint.MaxValue ? null : gid }).ConfigureAwait(false);
        if (!made.IsOk)
            return Gone(made.Error);
        Changed(Errno.None);
        return Tree.Wrap(made.Value);
    }

    private async ValueTask<Result<(INode Node, bool IsNew)>> CreateMagic(Credentials who, MagicCommand? command, bool isExclusive, uint mode)
    {
        var row = await Tree.Search(who, Number).ConfigureAwait(false);
        if (!row.IsOk)
            return Gone(row.Error);
        return command is null ? Errno.EINVAL : await Tree.Magic.Create(who, row.Value, command, isExclusive, mode).ConfigureAwait(false);
    }

    /// <summary>Opens what a create led to; a new object is open as asked, whatever its mode says. The node's reference goes to the result or is given back.</summary>
    private async ValueTask<Result<CreatedFile>> OpenMade(Credentials who, INode node, int flags, bool isNew)
    {
        if (isNew && node is ObjectNode made)
            return new CreatedFile(node, new ObjectFile(Tree, made, who, flags));
        var file = isNew && node is LevelNode level ? NamesTree.Ok<IOpenFile>(level.OpenUnchecked(flags, who)) : await node.Open(who, flags).ConfigureAwait(false);
        if (file.IsOk)
            return new CreatedFile(node, file.Value);
        node.Release();
        return file.Error;
    }

    // A directory that was removed while somebody stands in it has no entries any more.
    private static Errno Gone(Errno error) => error == Errno.ESTALE ? Errno.ENOENT : error;
}

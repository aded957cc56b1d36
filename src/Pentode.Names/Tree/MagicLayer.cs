using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Magic;

namespace Pentode.Names.Tree;

/// <summary>Looks up, makes and removes what magic names stand for. The caller has checked that the directory may be searched.</summary>
internal sealed class MagicLayer(NamesTree tree)
{
    /// <summary>What texts say.</summary>
    public Texts Texts { get; } = new(tree);

    /// <summary>What switches do.</summary>
    public Switches Switches { get; } = new(tree);

    private ICatalogStore Store => tree.Store;

    /// <summary>Is a name magic on this view? Without a command it is one that does not exist and cannot be made.</summary>
    public (bool IsMagic, MagicCommand? Command) Understand(ReadOnlyMemory<byte> name)
    {
        if (tree.Options.Magic == MagicMode.Off || !MagicName.IsMagic(name.Span))
            return (false, null);
        var command = MagicName.Parse(name) is { } parsed ? MagicCommands.Understand(parsed) : null;
        return (command is not null || tree.Options.Magic == MagicMode.On, command);
    }

    /// <summary>The node a name leads to.</summary>
    public async ValueTask<Result<INode>> Lookup(Credentials who, CatalogInode directory, MagicCommand command)
    {
        switch (command.Kind)
        {
            case MagicKind.Tag:
                var tag = await Store.GetTag(directory.Number, command.Name).ConfigureAwait(false);
                return tag.IsOk ? await TagOf(directory.Number, command.Name).ConfigureAwait(false) : tag.Error;
            case MagicKind.Labels:
                return NamesTree.Ok<INode>(new LabelsNode(tree, directory.Number));
            case MagicKind.Wormhole:
                return await Wormhole(who, command.Name).ConfigureAwait(false);
            case MagicKind.TopDirectory:
                return Errno.ENOENT;
            case MagicKind.Database or MagicKind.Counters when command.Number != 0:
                return Errno.ENOENT;
            case MagicKind.TagList or MagicKind.Constant or MagicKind.Cursor or MagicKind.Database or MagicKind.Counters or MagicKind.ChecksumTypes:
                return NamesTree.Ok<INode>(new TextNode(tree, Texts.HandleOf(command, directory.Number)!.Value));
        }

        var target = await Target(who, directory, command).ConfigureAwait(false);
        return target.IsOk ? await LookupOf(who, target.Value, command).ConfigureAwait(false) : target.Error;
    }

    /// <summary>Makes what a name stands for, or does what it says.</summary>
    public async ValueTask<Result<(INode Node, bool IsNew)>> Create(Credentials who, CatalogInode directory, MagicCommand command, bool isExclusive, uint mode)
    {
        var by = new CatalogRequest(who);

        // A call that comes again after a crash finds what it did itself.
        isExclusive = isExclusive && !(who.Call is { } call && Store.WasCalled(call.Key.Span));
        if (command.Kind == MagicKind.TopDirectory)
            return Errno.EINVAL;
        if (command.Kind == MagicKind.Tag)
        {
            var tag = await Store.GetTag(directory.Number, command.Name).ConfigureAwait(false);
            if (tag is { IsOk: true, Value.IsValid: true })
                return isExclusive ? Errno.EEXIST : Existing(await TagOf(directory.Number, command.Name).ConfigureAwait(false));
            var made = await Store.CreateTag(by, directory.Number, command.Name, mode).ConfigureAwait(false);
            if (!made.IsOk)
                return made.Error;
            tree.Shared.Changed?.Invoke(directory.Number);
            return Existing(await TagOf(directory.Number, command.Name).ConfigureAwait(false));
        }

        if (command.Kind is MagicKind.SetIo or MagicKind.SetSize or MagicKind.SetPin or MagicKind.SetChecksum)
            return await CreateSwitch(who, directory, command, isExclusive).ConfigureAwait(false);
        if (command is { Kind: MagicKind.Level or MagicKind.Access, Number: > 0 })
        {
            var target = await Target(who, directory, command).ConfigureAwait(false);
            if (!target.IsOk)
                return target.Error;
            var made = await Store.CreateLevel(by, target.Value.Number, (int)command.Number, mode).ConfigureAwait(false);
            if (!made.IsOk && (made.Error != Errno.EEXIST || isExclusive))
                return made.Error;
            INode level = new LevelNode(tree, target.Value.Number, (int)command.Number);
            return (level, made.IsOk);
        }

        if (command is { Kind: MagicKind.Wormhole, Name.Length: > 0 })
            return Errno.EACCES;

        // Everything else cannot be made, only be there.
        var found = await Lookup(who, directory, command).ConfigureAwait(false);
        if (found.IsOk && isExclusive)
        {
            found.Value.Release();
            return Errno.EEXIST;
        }

        return found.IsOk && found.Value.Id.IsDirectory ? Refused(found.Value, Errno.EISDIR) : Existing(found);
    }

    /// <summary>Removes what a name stands for, or takes back what it says. The file itself is never removed by a magic name.</summary>
    public async ValueTask<Errno> Remove(Credentials who, CatalogInode directory, MagicCommand command)
    {
        if (command is { Kind: MagicKind.Level or MagicKind.Access, Number: null or 0 } || (command.Kind == MagicKind.Wormhole && command.Name.Length > 0))
            return Errno.EACCES;
        var found = await Lookup(who, directory, command).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        var error = found.Value.Id.IsDirectory ? Errno.EISDIR : await found.Value.RemoveSelf(who).ConfigureAwait(false);
        found.Value.Release();
        return error;
    }

    /// <summary>The node of a handle that is none of an object; the object of its number is <paramref name="row"/>.</summary>
    public async ValueTask<Result<INode>> OpenHandle(CatalogInode row, NodeHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.Level:
                if (handle.Operand is 0 or > MagicCommands.HighestLevel)
                    return Errno.ESTALE;
                var level = await Store.GetLevel(row.Number, (int)handle.Operand).ConfigureAwait(false);
                return level.IsOk ? NamesTree.Ok<INode>(new LevelNode(tree, row.Number, (int)handle.Operand)) : level.Error;
            case HandleKind.Tag:
                var name = await Store.Interned((long)handle.Operand).ConfigureAwait(false);
                if (!name.IsOk)
                    return name.Error;
                var tag = await Store.GetTag(row.Number, name.Value).ConfigureAwait(false);
                return tag.IsOk ? NamesTree.Ok<INode>(new TagNode(tree, row.Number, name.Value, (long)handle.Operand)) : tag.Error;
            case >= HandleKind.TagList and <= HandleKind.Get:
                var text = await Texts.Render(handle, row).ConfigureAwait(false);
                return text.IsOk ? NamesTree.Ok<INode>(new TextNode(tree, handle)) : text.Error;
            case HandleKind.SetIo or HandleKind.SetSize or HandleKind.SetPin or HandleKind.SetChecksum:
                var action = await Switches.ActionOf(handle).ConfigureAwait(false);
                return action.IsOk ? NamesTree.Ok<INode>(new SwitchNode(tree, action.Value, row)) : action.Error;
            case HandleKind.Locations when handle.Operand == 0:
                return NamesTree.Ok<INode>(new LocationsNode(tree, row.Number));
            case HandleKind.Label when handle.Operand == 0:
                return NamesTree.Ok<INode>(new LabelsNode(tree, row.Number));
            case HandleKind.Label:
                var label = await Store.Interned((long)handle.Operand).ConfigureAwait(false);
                return label.IsOk ? NamesTree.Ok<INode>(new LabelNode(tree, row.Number, Encoding.UTF8.GetString(label.Value), (long)handle.Operand)) : label.Error;
            default:
                return Errno.ESTALE;
        }
    }

    private static Result<(INode Node, bool IsNew)> Existing(Result<INode> node) => node.IsOk ? (node.Value, false) : node.Error;

    private static Result<(INode Node, bool IsNew)> Refused(INode node, Errno error)
    {
        node.Release();
        return error;
    }

    private async ValueTask<Result<INode>> LookupOf(Credentials who, CatalogInode target, MagicCommand command)
    {
        switch (command.Kind)
        {
            case MagicKind.Level or MagicKind.Access when command.Number is null or 0:
                return tree.Wrap(target);
            case MagicKind.Level or MagicKind.Access:
                var level = await Store.GetLevel(target.Number, (int)command.Number!).ConfigureAwait(false);
                return level.IsOk ? NamesTree.Ok<INode>(new LevelNode(tree, target.Number, (int)command.Number!)) : level.Error;
            case MagicKind.Locations:
                return target.IsRegular ? NamesTree.Ok<INode>(new LocationsNode(tree, target.Number)) : Errno.ENOENT;
            case MagicKind.SetIo or MagicKind.SetSize or MagicKind.SetPin or MagicKind.SetChecksum:
                var action = await Switches.ActionOf(command, target.Number).ConfigureAwait(false);
                if (!action.IsOk)
                    return action.Error;
                var isSet = await Switches.IsSet(who, action.Value, target).ConfigureAwait(false);
                if (!isSet.IsOk)
                    return isSet.Error;
                return isSet.Value ? NamesTree.Ok<INode>(new SwitchNode(tree, action.Value, target)) : Errno.ENOENT;
        }

        var handle = Texts.HandleOf(command, target.Number)!.Value;
        var text = await Texts.Render(handle, target).ConfigureAwait(false);
        return text.IsOk ? NamesTree.Ok<INode>(new TextNode(tree, handle)) : text.Error;
    }

    private async ValueTask<Result<(INode Node, bool IsNew)>> CreateSwitch(Credentials who, CatalogInode directory, MagicCommand command, bool isExclusive)
    {
        var target = await Target(who, directory, command).ConfigureAwait(false);
        if (!target.IsOk)
            return target.Error;
        var action = await Switches.ActionOf(command, target.Value.Number).ConfigureAwait(false);
        if (!action.IsOk)
            return action.Error;
        if (isExclusive)
        {
            var isSet = await Switches.IsSet(who, action.Value, target.Value).ConfigureAwait(false);
            if (!isSet.IsOk || isSet.Value)
                return isSet.IsOk ? Errno.EEXIST : isSet.Error;
        }

        var error = await Switches.Perform(who, action.Value, target.Value.Number).ConfigureAwait(false);
        if (error != Errno.None)
            return error;
        INode node = new SwitchNode(tree, action.Value, target.Value);
        return (node, true);
    }

    /// <summary>The object a command is about: a name in the directory, or an id whose path the caller may search.</summary>
    private async ValueTask<Result<CatalogInode>> Target(Credentials who, CatalogInode directory, MagicCommand command)
    {
        if (!command.IsById)
        {
            var name = new FileName(command.Name);
            if (name.IsDot)
                return directory;
            return name.IsDotDot ? await tree.ParentOf(directory.Number).ConfigureAwait(false) : await Store.Lookup(directory.Number, command.Name).ConfigureAwait(false);
        }

        if (!CatalogPid.TryParse(command.Id.Span, out var pid))
            return Errno.ENOENT;
        var found = await Store.Find(pid).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        var error = await tree.CheckWithin(who, found.Value).ConfigureAwait(false);
        return error == Errno.None ? found : error;
    }

    private async ValueTask<Result<INode>> TagOf(long directory, ReadOnlyMemory<byte> name)
    {
        var interned = await Store.Intern(name).ConfigureAwait(false);
        return interned.IsOk ? NamesTree.Ok<INode>(new TagNode(tree, directory, name.ToArray(), interned.Value)) : interned.Error;
    }

    private async ValueTask<Result<INode>> Wormhole(Credentials who, ReadOnlyMemory<byte> name)
    {
        if (tree.Shared.Wormhole == 0)
            return Errno.ENOENT;
        if (name.IsEmpty || new FileName(name).IsDot)
        {
            var row = await Store.Get(tree.Shared.Wormhole).ConfigureAwait(false);
            return row.IsOk ? tree.Wrap(row.Value) : Errno.ENOENT;
        }

        if (new FileName(name).IsDotDot)
            return Errno.ENOENT;
        var directory = await tree.Search(who, tree.Shared.Wormhole).ConfigureAwait(false);
        if (!directory.IsOk)
            return directory.Error == Errno.ESTALE ? Errno.ENOENT : directory.Error;
        var child = await Store.Lookup(tree.Shared.Wormhole, name).ConfigureAwait(false);
        return child.IsOk ? tree.Wrap(child.Value) : child.Error;
    }
}

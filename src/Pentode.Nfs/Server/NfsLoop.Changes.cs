using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.Nfs.Rpc;

namespace Pentode.Nfs.Server;

/// <content>Changes of directories, as both versions of NFS make them. Names have been checked.</content>
internal sealed partial class NfsLoop
{
    private const int CreateExclusively = 0x40 | 0x80 | 1;
    private const int MaxAttempts = 8;

    /// <summary>
    /// Makes a regular file. One that is there is an error with <paramref name="mustBeNew"/>; else it only gets the size, if one is given.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<NfsObject>> CreateFile(RpcCall call, NfsObject directory, FileName name, AttributeChange change, bool mustBeNew)
    {
        // Somebody else may make or remove it between the attempts.
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var created = await directory.Volume.Create(call.Who, directory.Node, name, CreateExclusively, change.Mode ?? 0, change.Gid ?? uint.MaxValue).ConfigureAwait(false);
            if (created.IsOk)
                return await AdoptCreated(call, directory, name, created.Value, change with { Mode = null }).ConfigureAwait(false);
            if (created.Error != Errno.EEXIST || mustBeNew)
                return created.Error;
            var found = await Lookup(call, directory, name).ConfigureAwait(false);
            if (found.IsOk)
                return found.Value.Node.Id.IsRegular ? await Cut(call, found.Value, change.Size).ConfigureAwait(false) : Errno.EEXIST;
            if (found.Error != Errno.ENOENT)
                return found.Error;
        }

        return Errno.EAGAIN;
    }

    /// <summary>
    /// Makes a regular file that knows <paramref name="verifier"/>, or finds the one that does. A tree that has no place for it keeps it as
    /// access and modify time, 32 bits each, until the client sets those.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<NfsObject>> CreateExclusive(RpcCall call, NfsObject directory, FileName name, ulong verifier)
    {
        var made = await directory.Volume.CreateExclusive(call.Who, directory.Node, name, verifier, 0, uint.MaxValue).ConfigureAwait(false);
        if (made.IsOk)
            return await AdoptMade(call, directory, name, made.Value, default).ConfigureAwait(false);
        if (made.Error != Errno.EOPNOTSUPP)
            return made.Error;
        var (access, modify) = (new FileTime((uint)(verifier >> 32), 0), new FileTime((uint)verifier, 0));
        var created = await directory.Volume.Create(call.Who, directory.Node, name, CreateExclusively, 0, uint.MaxValue).ConfigureAwait(false);
        if (created.IsOk)
        {
            var times = new AttributeChange { SetAccessTime = true, AccessTime = access, SetModifyTime = true, ModifyTime = modify };
            return await AdoptCreated(call, directory, name, created.Value, times).ConfigureAwait(false);
        }

        if (created.Error != Errno.EEXIST)
            return created.Error;
        var found = await Lookup(call, directory, name).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        var attributes = await Stat(found.Value).ConfigureAwait(false);
        if (!attributes.IsOk)
            return attributes.Error;
        var a = attributes.Value;
        return a.Id.IsRegular && a.Size == 0 && a.AccessTime.Seconds == access.Seconds && a.ModifyTime.Seconds == modify.Seconds ? found : Errno.EEXIST;
    }

    /// <summary>The object of a node just made, with what of its attributes is still to be set. Takes over the reference to the node.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<NfsObject>> AdoptMade(RpcCall call, NfsObject directory, FileName name, INode node, AttributeChange change)
    {
        var found = node.AsFound;
        var made = Adopt(call, directory.Grant, node);
        if (!made.IsOk)
            return made;
        Place(made.Value, directory, name);
        if (Remaining(call, change) is not { } left)
        {
            call.KnownAttributes = found;
        }
        else
        {
            var error = await made.Value.Volume.SetAttributes(call.Who, made.Value.Node, left).ConfigureAwait(false);
            if (error != Errno.None)
                return error;
        }

        return made;
    }

    /// <summary>Changes attributes of an object that was just looked at; a size through a file open to write, which the owner gets whatever the mode.</summary>
    public ValueTask<Errno> ChangeAttributes(RpcCall call, NfsObject target, AttributeChange change, in FileAttributes before) =>
        change.Size is not null && target.Node.Id.IsRegular ? Resize(call, target, change, before) : target.Volume.SetAttributes(call.Who, target.Node, change);

    /// <summary>The same, looking first.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> ChangeAttributes(RpcCall call, NfsObject target, AttributeChange change)
    {
        var attributes = await Stat(target).ConfigureAwait(false);
        return attributes.IsOk ? await ChangeAttributes(call, target, change, attributes.Value).ConfigureAwait(false) : attributes.Error;
    }

    /// <summary>Removes a name.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Remove(RpcCall call, NfsObject directory, FileName name, bool isDirectory)
    {
        var error = await directory.Volume.Unlink(call.Who, directory.Node, name, isDirectory).ConfigureAwait(false);
        if (error == Errno.None)
            await NameGone(directory, name).ConfigureAwait(false);
        return error;
    }

    /// <summary>Moves a name, over one that is there.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Rename(RpcCall call, NfsObject from, FileName name, NfsObject to, FileName newName)
    {
        if (!ReferenceEquals(from.Volume, to.Volume) || from.Key.Export != to.Key.Export)
            return Errno.EXDEV;
        if (!from.Node.Id.IsDirectory || !to.Node.Id.IsDirectory)
            return Errno.ENOTDIR;
        var error = await from.Volume.Rename(call.Who, from.Node, name, to.Node, newName).ConfigureAwait(false);
        if (error != Errno.None)
            return error;
        await NameGone(to, newName).ConfigureAwait(false);
        Moved(from, name, to, newName);
        return error;
    }

    /// <summary>Gives an object one more name.</summary>
    public static ValueTask<Errno> Link(RpcCall call, NfsObject target, NfsObject directory, FileName name)
    {
        if (!ReferenceEquals(target.Volume, directory.Volume) || target.Key.Export != directory.Key.Export)
            return new(Errno.EXDEV);
        return directory.Node.Id.IsDirectory ? directory.Volume.Link(call.Who, directory.Node, target.Node, name) : new(Errno.ENOTDIR);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<NfsObject>> AdoptCreated(RpcCall call, NfsObject directory, FileName name, CreatedFile created, AttributeChange change)
    {
        var found = created.Node.AsFound;
        var made = Adopt(call, directory.Grant, created.Node);
        if (!made.IsOk)
        {
            _ = await directory.Volume.Close(created.File).ConfigureAwait(false);
            return made;
        }

        Place(made.Value, directory, name);
        var left = Remaining(call, change);
        var error = left is { } rest
            ? await made.Value.Volume.SetAttributes(call.Who, made.Value.Node, rest, created.File).ConfigureAwait(false)
            : Errno.None;
        var attributes = left is null && found is { } known ? known : await Stat(made.Value).ConfigureAwait(false);
        if (!attributes.IsOk)
        {
            _ = await directory.Volume.Close(created.File).ConfigureAwait(false);

            // Gone already, or not to be seen now: it was made all the same, maybe by this very call before a crash.
            return error == Errno.None ? made : error;
        }

        call.KnownAttributes = attributes.Value;
        // Mostly the client writes to it next.
        var file = Keep(made.Value, new NfsFile(this, made.Value, call.Who, created.File, isWritable: true, attributes.Value));
        Done(made.Value, file);
        return error == Errno.None ? made : error;
    }

    /// <summary>What making an object has not set already; an owner only root may give.</summary>
    private static AttributeChange? Remaining(RpcCall call, AttributeChange change)
    {
        var left = change with { Gid = null, Uid = call.Who.Uid == 0 ? change.Uid : null };
        return left == default || left == new AttributeChange { Size = 0 } ? null : left;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<NfsObject>> Cut(RpcCall call, NfsObject target, ulong? size)
    {
        if (size is null)
            return target;
        call.KnownAttributes = null;
        var error = await ChangeAttributes(call, target, new AttributeChange { Size = size }).ConfigureAwait(false);
        return error == Errno.None ? target : error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Resize(RpcCall call, NfsObject target, AttributeChange change, FileAttributes before)
    {
        var file = await Open(call, target, isWritable: true, before).ConfigureAwait(false);
        if (!file.IsOk)
            return file.Error;
        try
        {
            return await target.Volume.SetAttributes(call.Who, target.Node, change, file.Value.File).ConfigureAwait(false);
        }
        finally
        {
            Done(target, file.Value);
        }
    }
}

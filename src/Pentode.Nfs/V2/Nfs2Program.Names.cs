using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V2;

/// <content>CREATE, MKDIR, SYMLINK, REMOVE, RMDIR, RENAME, LINK.</content>
internal sealed partial class Nfs2Program
{
    private const uint TypeMask = 0xF000, FifoType = 0x1000, CharacterType = 0x2000, DirectoryType = 0x4000, RegularType = 0x8000, SocketType = 0xC000, BlockType = 0x6000;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Create(RpcCall call)
    {
        if (!TryReadCreate(call, out var handle, out var name, out var change, out var mode))
        {
            Garbage(call);
            return;
        }

        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        var error = directory.IsOk ? NameRules.CheckNew(name) : directory.Error;
        if (error == Errno.None && !directory.Value.Node.Id.IsDirectory)
            error = Errno.ENOTDIR;
        Result<NfsObject> made = error;
        if (error == Errno.None)
        {
            // The type, if the mode has one, makes a node of that type, whose device is in the size.
            var type = mode == uint.MaxValue ? 0 : mode & TypeMask;
            made = type is FifoType or CharacterType or BlockType or SocketType
                ? await MakeNode(call, directory.Value, name, type, change).ConfigureAwait(false)
                : await loop.CreateFile(call, directory.Value, name, change, mustBeNew: false).ConfigureAwait(false);
        }

        await AnswerFound(call, made).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<NfsObject>> MakeNode(RpcCall call, NfsObject directory, FileName name, uint type, AttributeChange change)
    {
        var device = change.Size ?? uint.MaxValue;
        // A character device that cannot be is a FIFO.
        if (type == CharacterType && change.Size is null)
            type = FifoType;
        var isDevice = type is CharacterType or BlockType;
        var made = await directory.Volume.MakeNode(call.Who, directory.Node, name, type | (change.Mode ?? 0x1B6), isDevice ? (uint)(device >> 8) & 0xFF : 0,
            isDevice ? (uint)device & 0xFF : 0, change.Gid ?? uint.MaxValue).ConfigureAwait(false);
        if (!made.IsOk)
            return made.Error;
        return await loop.AdoptMade(call, directory, name, made.Value, change with { Mode = null, Size = null }).ConfigureAwait(false);
    }

    /// <summary>CREATE and MKDIR: <c>handle | name | sattr</c>.</summary>
    private static bool TryReadCreate(RpcCall call, out ReadOnlyMemory<byte> handle, out FileName name, out AttributeChange change, out uint mode)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        name = call.Name(reader.Opaque(int.MaxValue));
        change = Nfs2Wire.ReadChange(ref reader, out mode);
        return reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MakeDirectory(RpcCall call)
    {
        if (!TryReadCreate(call, out var handle, out var name, out var change, out _))
        {
            Garbage(call);
            return;
        }

        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        var error = directory.IsOk ? NameRules.CheckNew(name) : directory.Error;
        Result<INode> made = error;
        if (error == Errno.None)
        {
            made = await directory.Value.Volume.MakeDirectory(call.Who, directory.Value.Node, name, change.Mode ?? 0x1FF, change.Gid ?? uint.MaxValue)
                .ConfigureAwait(false);
        }

        Result<NfsObject> found = made.Error;
        if (made.IsOk)
        {
            var left = change with { Size = null, Mode = change.Mode is { } mode && (mode & 0xC00) != 0 ? mode : null };
            found = await loop.AdoptMade(call, directory.Value, name, made.Value, left).ConfigureAwait(false);
        }

        await AnswerFound(call, found).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MakeSymbolicLink(RpcCall call)
    {
        if (!TryReadSymbolicLink(call, out var handle, out var name, out var path, out var change))
        {
            Garbage(call);
            return;
        }

        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        var error = directory.IsOk ? NameRules.CheckNew(name) : directory.Error;
        if (error == Errno.None && path.Length > MaxPath)
            error = Errno.ENAMETOOLONG;
        Result<INode> made = error;
        if (error == Errno.None)
            made = await directory.Value.Volume.MakeSymbolicLink(call.Who, directory.Value.Node, name, path, change.Gid ?? uint.MaxValue).ConfigureAwait(false);
        Result<NfsObject> found = made.Error;
        if (made.IsOk)
            found = await loop.AdoptMade(call, directory.Value, name, made.Value, change with { Mode = null, Size = null }).ConfigureAwait(false);
        Answer(call, found.Error);
    }

    /// <summary><c>handle | name | path&lt;1024&gt; | sattr</c>.</summary>
    private static bool TryReadSymbolicLink(
        RpcCall call, out ReadOnlyMemory<byte> handle, out FileName name, out ReadOnlyMemory<byte> path, out AttributeChange change)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        name = call.Name(reader.Opaque(int.MaxValue));
        path = call.Keep(reader.Opaque(int.MaxValue));
        change = Nfs2Wire.ReadChange(ref reader, out _);
        return reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Remove(RpcCall call, bool isDirectory)
    {
        if (!TryReadName(call, out var handle, out var name))
            return;
        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        var error = directory.IsOk ? NameRules.CheckRemove(name, isDirectory) : directory.Error;
        if (error == Errno.None)
            error = await loop.Remove(call, directory.Value, name, isDirectory).ConfigureAwait(false);
        Answer(call, error);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Rename(RpcCall call)
    {
        if (!TryReadRename(call, out var fromHandle, out var fromName, out var toHandle, out var toName))
        {
            Garbage(call);
            return;
        }

        var from = await loop.Resolve(call, fromHandle).ConfigureAwait(false);
        var to = await loop.Resolve(call, toHandle).ConfigureAwait(false);
        var error = !from.IsOk ? from.Error : !to.IsOk ? to.Error : NameRules.CheckRename(fromName, toName);
        if (error == Errno.None)
            error = await loop.Rename(call, from.Value, fromName, to.Value, toName).ConfigureAwait(false);
        Answer(call, error);
    }

    private static bool TryReadRename(
        RpcCall call, out ReadOnlyMemory<byte> fromHandle, out FileName fromName, out ReadOnlyMemory<byte> toHandle, out FileName toName)
    {
        var reader = new XdrReader(call.Arguments.Span);
        fromHandle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        fromName = call.Name(reader.Opaque(int.MaxValue));
        toHandle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        toName = call.Name(reader.Opaque(int.MaxValue));
        return reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Link(RpcCall call)
    {
        if (!TryReadLink(call, out var fileHandle, out var handle, out var name))
        {
            Garbage(call);
            return;
        }

        var target = await loop.Resolve(call, fileHandle).ConfigureAwait(false);
        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        var error = !target.IsOk ? target.Error : !directory.IsOk ? directory.Error : NameRules.CheckNew(name);
        if (error == Errno.None)
            error = await NfsLoop.Link(call, target.Value, directory.Value, name).ConfigureAwait(false);
        Answer(call, error);
    }

    private static bool TryReadLink(RpcCall call, out ReadOnlyMemory<byte> fileHandle, out ReadOnlyMemory<byte> handle, out FileName name)
    {
        var reader = new XdrReader(call.Arguments.Span);
        fileHandle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        name = call.Name(reader.Opaque(int.MaxValue));
        return reader.Done();
    }
}

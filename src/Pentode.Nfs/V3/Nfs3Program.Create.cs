using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V3;

/// <content>CREATE, MKDIR, SYMLINK, MKNOD.</content>
internal sealed partial class Nfs3Program
{
    private const uint Unchecked = 0, Guarded = 1, ExclusiveCreate = 2;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Create(RpcCall call)
    {
        if (!TryReadCreate(call, out var handle, out var name, out var how, out var change, out var verifier))
        {
            Garbage(call);
            return;
        }

        var directory = await BeginChange(call, handle, ofDirectory: true).ConfigureAwait(false);
        if (!directory.IsOk)
            return;
        var error = NameRules.CheckNew(name);
        Result<NfsObject> made = error;
        if (error == Errno.None)
        {
            made = how == ExclusiveCreate
                ? await loop.CreateExclusive(call, directory.Value, name, verifier).ConfigureAwait(false)
                : await loop.CreateFile(call, directory.Value, name, change, mustBeNew: how == Guarded).ConfigureAwait(false);
        }

        await EndIn(call, directory.Value, made).ConfigureAwait(false);
    }

    /// <summary><c>handle | name | how</c>, then sattr3 or, for EXCLUSIVE, a verifier of 8 bytes.</summary>
    private static bool TryReadCreate(
        RpcCall call, out ReadOnlyMemory<byte> handle, out FileName name, out uint how, out AttributeChange change, out ulong verifier)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var arguments = DirectoryArguments.Read(ref reader);
        (handle, name, change, verifier) = (call.Keep(arguments.Handle), call.Name(arguments.Name), default, 0);
        how = reader.U32();
        if (how == ExclusiveCreate)
        {
            verifier = reader.U64();
            return reader.Done();
        }

        var read = Nfs3Wire.ReadChange(ref reader);
        change = read ?? default;
        return how <= Guarded && read is not null && reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MakeDirectory(RpcCall call)
    {
        if (!TryReadMake(call, out var handle, out var name, out var change))
        {
            Garbage(call);
            return;
        }

        var directory = await BeginChange(call, handle, ofDirectory: true).ConfigureAwait(false);
        if (!directory.IsOk)
            return;
        var error = NameRules.CheckNew(name);
        Result<INode> made = error;
        if (error == Errno.None)
        {
            made = await directory.Value.Volume.MakeDirectory(call.Who, directory.Value.Node, name, change.Mode ?? 0x1FF, change.Gid ?? uint.MaxValue)
                .ConfigureAwait(false);
        }

        // mkdir(2) drops set-user-id and set-group-id.
        var left = change with { Mode = change.Mode is { } mode && (mode & 0xC00) != 0 ? mode : null };
        await EndMade(call, directory.Value, name, made, left).ConfigureAwait(false);
    }

    /// <summary>MKDIR: <c>handle | name | sattr3</c>.</summary>
    private static bool TryReadMake(RpcCall call, out ReadOnlyMemory<byte> handle, out FileName name, out AttributeChange change)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var arguments = DirectoryArguments.Read(ref reader);
        (handle, name) = (call.Keep(arguments.Handle), call.Name(arguments.Name));
        var read = Nfs3Wire.ReadChange(ref reader);
        change = read ?? default;
        return read is not null && reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MakeSymbolicLink(RpcCall call)
    {
        if (!TryReadSymbolicLink(call, out var handle, out var name, out var change, out var path))
        {
            Garbage(call);
            return;
        }

        var directory = await BeginChange(call, handle, ofDirectory: true).ConfigureAwait(false);
        if (!directory.IsOk)
            return;
        var error = NameRules.CheckNew(name);
        Result<INode> made = error;
        if (error == Errno.None)
        {
            made = await directory.Value.Volume.MakeSymbolicLink(call.Who, directory.Value.Node, name, path, change.Gid ?? uint.MaxValue).ConfigureAwait(false);
        }

        await EndMade(call, directory.Value, name, made, change with { Mode = null }).ConfigureAwait(false);
    }

    /// <summary><c>handle | name | sattr3 | path&lt;&gt;</c>.</summary>
    private static bool TryReadSymbolicLink(
        RpcCall call, out ReadOnlyMemory<byte> handle, out FileName name, out AttributeChange change, out ReadOnlyMemory<byte> path)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var arguments = DirectoryArguments.Read(ref reader);
        (handle, name) = (call.Keep(arguments.Handle), call.Name(arguments.Name));
        var read = Nfs3Wire.ReadChange(ref reader);
        change = read ?? default;
        path = call.Keep(reader.Opaque(int.MaxValue));
        return read is not null && reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MakeNode(RpcCall call)
    {
        if (!TryReadNode(call, out var handle, out var name, out var type, out var change, out var major, out var minor))
        {
            Garbage(call);
            return;
        }

        var directory = await BeginChange(call, handle, ofDirectory: true).ConfigureAwait(false);
        if (!directory.IsOk)
            return;
        var error = NameRules.CheckNew(name);
        if (error == Errno.None && type == 0)
            error = NfsErrors.BadType;
        Result<INode> made = error;
        if (error == Errno.None)
        {
            made = await directory.Value.Volume.MakeNode(
                call.Who, directory.Value.Node, name, type | (change.Mode ?? 0x1B6), major, minor, change.Gid ?? uint.MaxValue).ConfigureAwait(false);
        }

        await EndMade(call, directory.Value, name, made, change with { Mode = null }).ConfigureAwait(false);
    }

    /// <summary><c>handle | name | ftype3</c>, then for CHR and BLK <c>sattr3 | major | minor</c>, for SOCK and FIFO <c>sattr3</c>. Type 0 is one there is not.</summary>
    private static bool TryReadNode(
        RpcCall call, out ReadOnlyMemory<byte> handle, out FileName name, out uint type, out AttributeChange change, out uint major, out uint minor)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var arguments = DirectoryArguments.Read(ref reader);
        (handle, name, major, minor, change) = (call.Keep(arguments.Handle), call.Name(arguments.Name), 0, 0, default);
        type = reader.U32() switch
        {
            3 => 0x6000u,
            4 => 0x2000u,
            6 => 0xC000u,
            7 => 0x1000u,
            _ => 0,
        };
        if (type == 0)
            return !reader.IsOverrun;
        var read = Nfs3Wire.ReadChange(ref reader);
        change = read ?? default;
        if (type is 0x6000 or 0x2000)
            (major, minor) = (reader.U32(), reader.U32());
        return read is not null && reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask EndMade(RpcCall call, NfsObject directory, FileName name, Result<INode> made, AttributeChange change)
    {
        var result = made.IsOk ? await loop.AdoptMade(call, directory, name, made.Value, change).ConfigureAwait(false) : made.Error;
        await EndIn(call, directory, result).ConfigureAwait(false);
    }

    /// <summary>Answers with what was made and what that did to the directory.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask EndIn(RpcCall call, NfsObject directory, Result<NfsObject> made)
    {
        Result<FileAttributes> attributes = made.Error;
        if (made.IsOk)
            attributes = call.KnownAttributes is { } known ? known : await loop.Stat(made.Value).ConfigureAwait(false);
        await call.First.End(loop, directory).ConfigureAwait(false);
        if (!made.IsOk)
        {
            AnswerWcc(call, made.Error, call.First);
            return;
        }

        var writer = call.Begin(SmallResults);
        writer.U32(Nfs3Status.Ok);
        Nfs3Wire.WritePostHandle(ref writer, made.Value.Handle);
        WritePost(ref writer, attributes, made.Value);
        Nfs3Wire.WriteWcc(ref writer, call.First);
        call.End(writer);
    }
}

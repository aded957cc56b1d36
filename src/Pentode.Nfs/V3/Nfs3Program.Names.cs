using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V3;

/// <content>REMOVE, RMDIR, RENAME, LINK.</content>
internal sealed partial class Nfs3Program
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Remove(RpcCall call, bool isDirectory)
    {
        if (!TryReadName(call, out var handle, out var name))
            return;
        var directory = await BeginChange(call, handle, ofDirectory: true).ConfigureAwait(false);
        if (!directory.IsOk)
            return;
        var error = NameRules.CheckRemove(name, isDirectory);
        if (error == Errno.None)
            error = await loop.Remove(call, directory.Value, name, isDirectory).ConfigureAwait(false);
        await call.First.End(loop, directory.Value).ConfigureAwait(false);
        AnswerWcc(call, error, call.First);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Rename(RpcCall call)
    {
        if (!TryReadRename(call, out var fromHandle, out var fromName, out var toHandle, out var toName))
        {
            Garbage(call);
            return;
        }

        call.First.Clear();
        call.Second.Clear();
        var from = await loop.Resolve(call, fromHandle).ConfigureAwait(false);
        var to = await loop.Resolve(call, toHandle).ConfigureAwait(false);
        var error = from.IsOk ? to.Error : from.Error;
        // One directory only once: two changes of it at a time would look like somebody else's.
        var isSame = from.IsOk && to.IsOk && from.Value == to.Value;
        if (from.IsOk && await call.First.Begin(loop, from.Value).ConfigureAwait(false) is var first and not Errno.None && error == Errno.None)
            error = first;
        if (to.IsOk && !isSame && await call.Second.Begin(loop, to.Value).ConfigureAwait(false) is var second and not Errno.None && error == Errno.None)
            error = second;
        if (error == Errno.None)
            error = NameRules.CheckRename(fromName, toName);
        if (error == Errno.None)
            error = await loop.Rename(call, from.Value, fromName, to.Value, toName).ConfigureAwait(false);
        if (from.IsOk)
            await call.First.End(loop, from.Value).ConfigureAwait(false);
        if (to.IsOk && !isSame)
            await call.Second.End(loop, to.Value).ConfigureAwait(false);
        var writer = BeginWcc(call, error, call.First, Nfs3Wire.Wcc);
        Nfs3Wire.WriteWcc(ref writer, isSame ? call.First : call.Second);
        call.End(writer);
    }

    private static bool TryReadRename(
        RpcCall call, out ReadOnlyMemory<byte> fromHandle, out FileName fromName, out ReadOnlyMemory<byte> toHandle, out FileName toName)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var from = DirectoryArguments.Read(ref reader);
        var to = DirectoryArguments.Read(ref reader);
        (fromHandle, fromName, toHandle, toName) = (call.Keep(from.Handle), call.Name(from.Name), call.Keep(to.Handle), call.Name(to.Name));
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

        var wcc = call.First;
        wcc.Clear();
        var target = await loop.Resolve(call, fileHandle).ConfigureAwait(false);
        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        var error = target.IsOk ? directory.Error : target.Error;
        if (directory.IsOk && await wcc.Begin(loop, directory.Value).ConfigureAwait(false) is var first and not Errno.None && error == Errno.None)
            error = first;
        if (error == Errno.None)
            error = NameRules.CheckNew(name);
        if (error == Errno.None)
            error = await NfsLoop.Link(call, target.Value, directory.Value, name).ConfigureAwait(false);
        Result<FileAttributes> attributes = target.Error;
        if (target.IsOk)
            attributes = await loop.Stat(target.Value).ConfigureAwait(false);
        if (directory.IsOk)
            await wcc.End(loop, directory.Value).ConfigureAwait(false);
        call.Status = Nfs3Status.Of(error);
        var writer = call.Begin(4 + Nfs3Wire.PostOperation + Nfs3Wire.Wcc);
        writer.U32(call.Status);
        WritePost(ref writer, attributes, target.ValueOrDefault);
        Nfs3Wire.WriteWcc(ref writer, wcc);
        call.End(writer);
    }

    private static bool TryReadLink(RpcCall call, out ReadOnlyMemory<byte> fileHandle, out ReadOnlyMemory<byte> handle, out FileName name)
    {
        var reader = new XdrReader(call.Arguments.Span);
        fileHandle = call.Keep(reader.Opaque(Nfs3Wire.MaxHandle));
        var to = DirectoryArguments.Read(ref reader);
        (handle, name) = (call.Keep(to.Handle), call.Name(to.Name));
        return reader.Done();
    }
}

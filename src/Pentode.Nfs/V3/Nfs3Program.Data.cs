using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;
using Pentode.Uring;

namespace Pentode.Nfs.V3;

/// <content>READ, WRITE, COMMIT.</content>
internal sealed partial class Nfs3Program
{
    /// <summary>Where data lies in its reply buffer: copies to an address a few bytes after a page boundary take three times as long.</summary>
    private const int DataAt = 192;

    /// <summary>Data from this size on goes from the page cache to the socket without a copy, when it is there.</summary>
    private const int SentFromCache = 128 << 10;

    private const int ReadHead = 4 + Nfs3Wire.PostOperation + 12;

    private const uint Unstable = 0, DataSync = 1, FileSync = 2;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Read(RpcCall call)
    {
        if (!TryReadRange(call, out var handle, out var offset, out var count))
            return;
        // Looked at before the data is: attributes newer than the data would make the client keep old data as new.
        var target = await Find(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        if (!target.Value.Node.Id.IsRegular)
        {
            Fail(call, target.Value.Node.Id.IsDirectory ? Errno.EISDIR : Errno.EINVAL, target.Value);
            return;
        }

        var file = await loop.Open(call, target.Value, isWritable: false, call.Attributes).ConfigureAwait(false);
        if (!file.IsOk)
        {
            Fail(call, file.Error, target.Value);
            return;
        }

        var length = (int)Math.Min(count, (uint)call.Transport.MaxTransfer);
        var size = call.Attributes.Size;
        if (offset > long.MaxValue - (ulong)length)
            length = 0;
        else if (offset + (ulong)length > size)
            length = offset >= size ? 0 : (int)(size - offset);
        if (length >= SentFromCache && call.Transport.CanSendFiles &&
            target.Value.Volume.ReadCached(file.Value.File, (long)offset, length, out var range) == length)
        {
            // The file is in use until the data has left.
            SendCached(call, target.Value, offset, length, range, file.Value);
            return;
        }

        var buffer = call.Buffer = loop.Loop.Buffers.Rent(DataAt + length + 4);
        call.Transport.Hold(call, buffer.Capacity);
        Result<int> read = 0;
        try
        {
            // Nothing is read too: whether the file may be read at all is the tree's to say (names without I/O).
            if (length > 0 || ((size == 0 || count == 0) && offset <= long.MaxValue))
                read = await target.Value.Volume.Read(file.Value.File, buffer.Slice(DataAt, length), (long)offset).ConfigureAwait(false);
        }
        finally
        {
            loop.Done(target.Value, file.Value);
        }

        if (read.IsOk)
            SendData(call, target.Value, offset, read.Value);
        else
            Fail(call, read.Error, target.Value);
    }

    private static void SendCached(RpcCall call, NfsObject target, ulong offset, int count, CachedRange range, NfsFile file)
    {
        var writer = call.Begin(ReadHead);
        WriteReadHead(ref writer, target, call.Attributes, offset, count);
        call.CountBytes(count, 0);
        call.EndWithFile(writer, range, count, file);
    }

    private static void SendData(RpcCall call, NfsObject target, ulong offset, int count)
    {
        Span<byte> head = stackalloc byte[ReadHead];
        var writer = new XdrWriter(head);
        WriteReadHead(ref writer, target, call.Attributes, offset, count);
        call.CountBytes(count, 0);
        call.SendAround(head, DataAt, count);
    }

    /// <summary>Results of READ before the data.</summary>
    private static void WriteReadHead(ref XdrWriter writer, NfsObject target, in FileAttributes attributes, ulong offset, int count)
    {
        writer.U32(Nfs3Status.Ok);
        Nfs3Wire.WritePost(ref writer, attributes, target.FileSystem);
        writer.U32((uint)count);
        writer.U32(offset + (ulong)count >= attributes.Size || offset >= attributes.Size ? 1u : 0);
        writer.U32((uint)count);
    }

    /// <summary>READ and COMMIT: <c>handle | offset (8) | count</c>.</summary>
    private static bool TryReadRange(RpcCall call, out ReadOnlyMemory<byte> handle, out ulong offset, out uint count)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.Opaque(Nfs3Wire.MaxHandle));
        (offset, count) = (reader.U64(), reader.U32());
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Write(RpcCall call)
    {
        if (!TryReadWrite(call, out var handle, out var offset, out var count, out var stable, out var data))
            return;
        var target = await BeginChange(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        var wcc = call.First;
        var written = await WriteData(call, target.Value, offset, count, stable, data, wcc.Before).ConfigureAwait(false);
        await wcc.End(loop, target.Value).ConfigureAwait(false);
        if (!written.IsOk)
        {
            AnswerWcc(call, written.Error, wcc);
            return;
        }

        call.CountBytes(0, written.Value);
        var writer = BeginWcc(call, Errno.None, wcc, 16);
        writer.U32((uint)written.Value);
        writer.U32(stable);
        writer.U64(loop.Server.WriteVerifier);
        call.End(writer);
    }

    /// <summary><c>handle | offset (8) | count | stable | data&lt;&gt;</c>.</summary>
    private static bool TryReadWrite(
        RpcCall call, out ReadOnlyMemory<byte> handle, out ulong offset, out uint count, out uint stable, out ReadOnlyMemory<byte> data)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.Opaque(Nfs3Wire.MaxHandle));
        (offset, count, stable) = (reader.U64(), reader.U32(), reader.U32());
        data = call.Keep(reader.Opaque(int.MaxValue));
        if (reader.Done() && stable <= FileSync)
            return true;
        Garbage(call);
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<int>> WriteData(
        RpcCall call, NfsObject target, ulong offset, uint count, uint stable, ReadOnlyMemory<byte> data, FileAttributes before)
    {
        if (!target.Node.Id.IsRegular)
            return target.Node.Id.IsDirectory ? Errno.EISDIR : Errno.EINVAL;
        if (count != (uint)data.Length)
            return Errno.EINVAL;
        if (offset > long.MaxValue - (ulong)data.Length)
            return Errno.EFBIG;
        var file = await loop.Open(call, target, isWritable: true, before).ConfigureAwait(false);
        if (!file.IsOk)
            return file.Error;
        try
        {
            Result<int> written = 0;
            if (data.Length > 0)
                written = await target.Volume.Write(file.Value.File, data, (long)offset).ConfigureAwait(false);
            if (!written.IsOk || stable == Unstable)
                return written;
            var error = await Sync(target, file.Value, stable == DataSync).ConfigureAwait(false);
            return error == Errno.None ? written : error;
        }
        finally
        {
            loop.Done(target, file.Value);
        }
    }

    /// <summary>Makes data durable. After a failure nobody knows what was lost: the verifier changes.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Sync(NfsObject target, NfsFile file, bool dataOnly)
    {
        var error = await target.Volume.Sync(file.File, dataOnly).ConfigureAwait(false);
        if (error != Errno.None)
            loop.Server.NewWriteVerifier();
        return error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Commit(RpcCall call)
    {
        if (!TryReadRange(call, out var handle, out _, out _))
            return;
        var target = await BeginChange(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        var wcc = call.First;
        var error = await CommitFile(call, target.Value, wcc.Before).ConfigureAwait(false);
        await wcc.End(loop, target.Value).ConfigureAwait(false);
        if (error != Errno.None)
        {
            AnswerWcc(call, error, wcc);
            return;
        }

        var writer = BeginWcc(call, Errno.None, wcc, 8);
        writer.U64(loop.Server.WriteVerifier);
        call.End(writer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> CommitFile(RpcCall call, NfsObject target, FileAttributes before)
    {
        if (!target.Node.Id.IsRegular)
            return target.Node.Id.IsDirectory ? Errno.EISDIR : Errno.EINVAL;
        // On a tree that cannot change there is nothing to make durable.
        if (target.Volume.IsReadOnly)
            return Errno.None;
        var file = await loop.Open(call, target, isWritable: true, before).ConfigureAwait(false);
        if (!file.IsOk)
            file = await loop.Open(call, target, isWritable: false, before).ConfigureAwait(false);
        if (!file.IsOk)
            return file.Error;
        try
        {
            return await Sync(target, file.Value, dataOnly: true).ConfigureAwait(false);
        }
        finally
        {
            loop.Done(target, file.Value);
        }
    }
}

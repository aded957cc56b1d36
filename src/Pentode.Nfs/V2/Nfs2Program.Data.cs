using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V2;

/// <content>READ, WRITE, READDIR.</content>
internal sealed partial class Nfs2Program
{
    private const int DataAt = 192;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Read(RpcCall call)
    {
        if (!TryReadRange(call, out var handle, out var offset, out var count))
            return;
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        Result<FileAttributes> attributes = target.Error;
        if (target.IsOk)
            attributes = await loop.Stat(target.Value).ConfigureAwait(false);
        Result<int> read = attributes.Error;
        if (attributes.IsOk)
            read = await ReadData(call, target.Value, attributes.Value, offset, (int)Math.Min(count, (uint)Nfs2Wire.MaxData)).ConfigureAwait(false);
        if (read.IsOk)
            SendData(call, target.Value, attributes.Value, read.Value);
        else
            Answer(call, read.Error);
    }

    /// <summary>READ: <c>handle | offset | count | totalcount</c> (unused).</summary>
    private static bool TryReadRange(RpcCall call, out ReadOnlyMemory<byte> handle, out uint offset, out uint count)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        (offset, count) = (reader.U32(), reader.U32());
        _ = reader.U32();
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<int>> ReadData(RpcCall call, NfsObject target, FileAttributes attributes, uint offset, int length)
    {
        if (!target.Node.Id.IsRegular)
            return target.Node.Id.IsDirectory ? Errno.EISDIR : Errno.ENXIO;
        var file = await loop.Open(call, target, isWritable: false, attributes).ConfigureAwait(false);
        if (!file.IsOk)
            return file.Error;
        var buffer = call.Buffer = loop.Loop.Buffers.Rent(DataAt + length + 4);
        call.Transport.Hold(call, buffer.Capacity);
        try
        {
            return length == 0 ? 0 : await target.Volume.Read(file.Value.File, buffer.Slice(DataAt, length), offset).ConfigureAwait(false);
        }
        finally
        {
            loop.Done(target, file.Value);
        }
    }

    private static void SendData(RpcCall call, NfsObject target, in FileAttributes attributes, int count)
    {
        Span<byte> head = stackalloc byte[4 + Nfs2Wire.Attributes + 4];
        var writer = new XdrWriter(head);
        writer.U32(Nfs2Status.Ok);
        Nfs2Wire.WriteAttributes(ref writer, attributes, target.FileSystem);
        writer.U32((uint)count);
        call.CountBytes(count, 0);
        call.SendAround(head, DataAt, count);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Write(RpcCall call)
    {
        if (!TryReadWrite(call, out var handle, out var offset, out var data))
        {
            Garbage(call);
            return;
        }

        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        Result<FileAttributes> attributes = target.Error;
        if (target.IsOk)
            attributes = await loop.Stat(target.Value).ConfigureAwait(false);
        var error = attributes.Error;
        if (error == Errno.None)
            error = await WriteData(call, target.Value, attributes.Value, offset, data).ConfigureAwait(false);
        if (error == Errno.None)
            await AnswerAttributes(call, target.Value).ConfigureAwait(false);
        else
            Answer(call, error);
    }

    /// <summary>WRITE: <c>handle | beginoffset (unused) | offset | totalcount (unused) | data&lt;8192&gt;</c>.</summary>
    private static bool TryReadWrite(RpcCall call, out ReadOnlyMemory<byte> handle, out uint offset, out ReadOnlyMemory<byte> data)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        _ = reader.U32();
        offset = reader.U32();
        _ = reader.U32();
        data = call.Keep(reader.Opaque(Nfs2Wire.MaxData));
        return reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> WriteData(RpcCall call, NfsObject target, FileAttributes attributes, uint offset, ReadOnlyMemory<byte> data)
    {
        if (!target.Node.Id.IsRegular)
            return target.Node.Id.IsDirectory ? Errno.EISDIR : Errno.ENXIO;
        var file = await loop.Open(call, target, isWritable: true, attributes).ConfigureAwait(false);
        if (!file.IsOk)
            return file.Error;
        try
        {
            var written = data.IsEmpty ? 0 : await target.Volume.Write(file.Value.File, data, offset, call.Who.Call).ConfigureAwait(false);
            if (!written.IsOk)
                return written.Error;
            // There is no count in the answer: all of it, or an error.
            if (written.Value < data.Length)
                return Errno.ENOSPC;
            call.CountBytes(0, written.Value);
            return await target.Volume.Sync(file.Value.File, dataOnly: true).ConfigureAwait(false);
        }
        finally
        {
            loop.Done(target, file.Value);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadDirectory(RpcCall call)
    {
        if (!TryReadListing(call, out var handle, out var cookie, out var count))
            return;
        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        Result<FileAttributes> attributes = directory.Error;
        if (directory.IsOk)
            attributes = await loop.Stat(directory.Value).ConfigureAwait(false);
        Result<NfsFile> file = attributes.IsOk ? Errno.ENOTDIR : attributes.Error;
        if (attributes.IsOk && directory.Value.Node.Id.IsDirectory)
            file = await loop.Open(call, directory.Value, isWritable: false, attributes.Value).ConfigureAwait(false);
        if (!file.IsOk)
        {
            Answer(call, file.Error);
            return;
        }

        var room = (int)Math.Clamp(count, EntrySink2.Frame, Nfs2Wire.MaxData) - EntrySink2.Frame;
        var buffer = call.Buffer = loop.Loop.Buffers.Rent(DataAt + room + 8);
        var sink = new EntrySink2(directory.Value, buffer.Slice(DataAt, room), attributes.Value);
        Errno error;
        try
        {
            error = await List(directory.Value, file.Value.File, cookie, sink).ConfigureAwait(false);
        }
        finally
        {
            loop.Done(directory.Value, file.Value);
        }

        if (error == Errno.None && sink.Used == 0 && sink.IsFull)
            error = Errno.EIO;
        if (error == Errno.None)
            SendEntries(call, sink);
        else
            Answer(call, error);
    }

    /// <summary>Goes on after a cookie of 32 bits: remembered, or found again from the start.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Errno> List(NfsObject directory, IOpenFile file, uint cookie, EntrySink2 sink)
    {
        var known = directory.ShortCookies ??= new ShortCookies();
        long from = cookie;
        if ((cookie & 0x80000000) != 0)
        {
            if (known.Find(cookie) is { } remembered)
            {
                from = remembered;
            }
            else
            {
                var search = new CookieSearch(cookie);
                var error = await directory.Volume.ReadDirectory(file, 0, search).ConfigureAwait(false);
                if (error != Errno.None)
                    return error;
                // Not there any more: nothing is left to list, which ends the client's loop.
                if (search.Found is not { } found)
                    return Errno.None;
                from = found;
            }
        }

        var listed = await directory.Volume.ReadDirectory(file, from, sink).ConfigureAwait(false);
        if (listed == Errno.None && sink.LastCookie != 0)
            known.Remember(sink.LastCookie);
        return listed;
    }

    private static void SendEntries(RpcCall call, EntrySink2 sink)
    {
        Span<byte> head = stackalloc byte[4];
        var writer = new XdrWriter(head);
        writer.U32(Nfs2Status.Ok);
        var end = new XdrWriter(call.Buffer!.GetSpan()[(DataAt + sink.Used)..]);
        end.U32(0);
        end.U32(sink.IsFull ? 0u : 1);
        call.SendAround(head, DataAt, sink.Used + 8);
    }

    /// <summary>READDIR: <c>handle | cookie (4) | count</c>.</summary>
    private static bool TryReadListing(RpcCall call, out ReadOnlyMemory<byte> handle, out uint cookie, out uint count)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        (cookie, count) = (reader.U32(), reader.U32());
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }
}

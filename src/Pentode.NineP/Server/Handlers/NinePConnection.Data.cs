using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Tlopen, Tlcreate, Tread, Twrite, Tfsync, Treaddir.</summary>
internal sealed partial class NinePConnection
{
    // Access mode, O_TRUNC, O_APPEND, O_DSYNC, O_SYNC, O_DIRECTORY, O_NOATIME; all else is stripped, but for what waiting opens take.
    private const uint OpenFlags = 0x3 | 0x200 | 0x400 | 0x1000 | 0x101000 | 0x10000 | 0x40000;
    private const uint ExclusiveFlag = 0x80;
    private const uint CreateFlag = 0x40;

    /// <summary>Largest payload a client should use: whole pages when a page fits.</summary>
    private int IoUnit => _msize - P9Limits.IoHeaderSize >= 4096 ? (_msize - P9Limits.IoHeaderSize) & ~4095 : _msize - P9Limits.IoHeaderSize;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Open(Request q)
    {
        if (!Tlopen.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var fid = UseNode(q, m.Fid);
        if (fid is null)
            return Errno.EBADF;
        if (fid.IsOpen || (m.Flags & 3) == 3)
            return Errno.EINVAL;
        fid.IsOpen = true;
        try
        {
            var result = fid.Volume.OpensMayWait
                ? await OpenWaiting(q, fid, (int)(m.Flags & (OpenFlags | WaitingOpenFlags))).ConfigureAwait(false)
                : await fid.Volume.Open(fid.Who, fid.Node, (int)(m.Flags & OpenFlags)).ConfigureAwait(false);
            if (!result.IsOk)
                return result.Error;
            fid.File = result.Value;
        }
        finally
        {
            fid.IsOpen = fid.File is not null;
        }

        Answer(q, new Rlopen { Qid = Qid.From(fid.Node.Id), Iounit = (uint)IoUnit });
        return Errno.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Create(Request q)
    {
        if (!Tlcreate.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var number = m.Fid;
        var fid = UseNode(q, number);
        if (fid is null)
            return Errno.EBADF;
        if (fid.IsOpen || (m.Flags & 3) == 3)
            return Errno.EINVAL;
        var flags = (int)((m.Flags & (OpenFlags | ExclusiveFlag)) | CreateFlag);
        var result = fid.Volume.OpensMayWait
            ? await CreateWaiting(q, fid, q.Name(m.Name), flags | (int)(m.Flags & WaitingOpenFlags), m.Mode & 0xFFF, m.Gid).ConfigureAwait(false)
            : await fid.Volume.Create(fid.Who, fid.Node, q.Name(m.Name), flags, m.Mode & 0xFFF, m.Gid).ConfigureAwait(false);
        if (!result.IsOk)
            return result.Error;
        var id = result.Value.Node.Id;
        var made = NewFid(fid, result.Value.Node);
        (made.File, made.IsOpen) = (result.Value.File, true);
        var error = Replace(number, fid, made);
        if (error == Errno.None)
            Answer(q, new Rlcreate { Qid = Qid.From(id), Iounit = (uint)IoUnit });
        return error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Read(Request q)
    {
        if (!Tread.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var fid = Use(q, m.Fid);
        if (fid is null)
            return Errno.EBADF;
        if (m.Offset > long.MaxValue)
            return Errno.EINVAL;
        var count = (int)Math.Min(m.Count, (uint)(_msize - P9Limits.ReadHeaderSize));
        if (fid.XattrValue is { } value)
        {
            if (fid.XattrName is not null)
                return Errno.EINVAL;
            var from = (int)Math.Min(m.Offset, (ulong)value.Length);
            Answer(q, new Rread { Data = value.AsSpan(from, Math.Min(count, value.Length - from)) });
            return Errno.None;
        }

        if (fid.File is not { } file)
            return fid.Node.Id.IsDirectory ? Errno.EISDIR : Errno.EBADF;
        var reply = q.Reply = Loop.Buffers.Rent(ReplyDataStart + count);
        Hold(q, reply);
        var result = await fid.Volume.Read(file, reply.Slice(ReplyDataStart, count), (long)m.Offset).ConfigureAwait(false);
        if (result.IsOk)
            AnswerData(q, result.Value);
        return result.Error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Write(Request q)
    {
        if (!Twrite.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var fid = Use(q, m.Fid);
        if (fid is null)
            return Errno.EBADF;
        if (m.Offset > long.MaxValue)
            return Errno.EINVAL;
        if (fid.XattrName is not null)
        {
            var value = fid.XattrValue!;
            if (m.Offset != (ulong)fid.XattrWritten || m.Data.Length > value.Length - fid.XattrWritten)
                return Errno.EINVAL;
            m.Data.CopyTo(value.AsSpan(fid.XattrWritten));
            fid.XattrWritten += m.Data.Length;
            Answer(q, new Rwrite { Count = (uint)m.Data.Length });
            return Errno.None;
        }

        if (fid.File is not { } file)
            return Errno.EBADF;
        // Data is always the end of the body: slicing keeps the buffer's memory, pinned by nature.
        var data = q.Body[^m.Data.Length..];
        var result = await fid.Volume.Write(file, data, (long)m.Offset).ConfigureAwait(false);
        if (!result.IsOk)
            return result.Error;
        Totals.CountWrite(result.Value);
        Answer(q, new Rwrite { Count = (uint)result.Value });
        return Errno.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Sync(Request q)
    {
        if (!Tfsync.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var fid = UseNode(q, m.Fid);
        if (fid?.File is not { } file)
            return Errno.EBADF;
        var error = await fid.Volume.Sync(file, m.Datasync != 0).ConfigureAwait(false);
        if (error == Errno.None)
            AnswerEmpty(q);
        return error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> ReadDirectory(Request q)
    {
        if (!Treaddir.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var fid = UseNode(q, m.Fid);
        if (fid?.File is not { } file)
            return Errno.EBADF;
        if (m.Offset > long.MaxValue)
            return Errno.EINVAL;
        var count = (int)Math.Min(m.Count, (uint)(_msize - P9Limits.ReadHeaderSize));
        var reply = q.Reply = Loop.Buffers.Rent(ReplyDataStart + count);
        var sink = new EntrySink(fid, reply.Slice(ReplyDataStart, count));
        Hold(q, reply);
        var error = await fid.Volume.ReadDirectory(file, (long)m.Offset, sink).ConfigureAwait(false);
        if (error == Errno.None && sink.Used == 0 && sink.IsFull)
            error = Errno.EINVAL;
        if (error == Errno.None)
            AnswerData(q, sink.Used);
        return error;
    }

    private sealed class EntrySink(Fid fid, Memory<byte> room) : IDirectorySink
    {
        public int Used { get; private set; }

        public bool IsFull { get; private set; }

        public bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name)
        {
            // Above the attach root there is nothing to see.
            if (name.SequenceEqual(".."u8) && fid.IsAtRoot)
                id = fid.Node.Id;
            var entry = new DirEntry { Qid = Qid.From(id), Offset = (ulong)cookie, Kind = type, Name = name };
            if (IsFull || room.Length - Used < entry.Size)
            {
                IsFull = true;
                return false;
            }

            var writer = new LittleEndianWriter(room.Span[Used..]);
            entry.Write(ref writer);
            Used += entry.Size;
            return true;
        }
    }
}

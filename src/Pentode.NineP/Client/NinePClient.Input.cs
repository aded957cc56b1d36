using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <content>Answers on their way in. The data of a large Rread is received where it belongs; everything else is read from one buffer.</content>
public sealed partial class NinePClient
{
    private const int DirectLimit = 16 << 10;

    private readonly NativeBuffer _receive;
    private int _start;
    private int _end;
    private NinePCall? _direct;
    private int _directFrom;
    private int _directEnd;

    private void StartReceive()
    {
        if (Error != Errno.None || _receiveDone.IsPending)
            return;
        if (_direct is not null)
        {
            Loop.Receive(_socket, _direct.Destination[_directFrom.._directEnd], _receiveDone, waitAll: true);
            return;
        }

        if (_start > 0)
        {
            var span = _receive.GetSpan();
            span[_start.._end].CopyTo(span);
            (_start, _end) = (0, _end - _start);
        }

        Loop.Receive(_socket, _receive.Slice(_end, ReceiveSize - _end), _receiveDone);
    }

    private void Received(int result)
    {
        if (Error != Errno.None)
        {
            QueueTurnEnd();
            return;
        }

        if (result <= 0)
        {
            Fail(result == 0 ? Errno.ECONNRESET : (Errno)(-result), result == 0 ? "the server closed the connection" : "the connection was lost");
            return;
        }

        if (_direct is { } call)
        {
            _directFrom += result;
            if (_directFrom == _directEnd)
            {
                _direct = null;
                call.Number = _directEnd;
                Answered(call);
            }
        }
        else
        {
            _end += result;
            Parse();
        }

        StartReceive();
    }

    private void Parse()
    {
        while (Error == Errno.None && _end - _start >= P9Limits.HeaderSize)
        {
            var left = _receive.GetSpan()[_start.._end];
            var size = BinaryPrimitives.ReadUInt32LittleEndian(left);
            var type = (P9Type)left[4];
            if (size < P9Limits.HeaderSize || size > (uint)_msize)
            {
                Broken($"a frame of {size} bytes");
                return;
            }

            var call = FindCall(BinaryPrimitives.ReadUInt16LittleEndian(left[5..]), type);
            if (call is null)
                return;
            if (left.Length < size)
            {
                if (type == P9Type.Rread && (size > ReceiveSize || size - left.Length >= DirectLimit))
                    StartDirect(call, left, (int)size);
                else if (size > ReceiveSize)
                    Broken($"{type} of {size} bytes");
                return;
            }

            _start += (int)size;
            if (Accept(call, type, left[P9Limits.HeaderSize..(int)size]))
                Answered(call);
            else
                Broken($"a malformed {type}");
        }
    }

    /// <summary>The request an answer belongs to; null, and the session has ended, when there is none or the type is wrong.</summary>
    private NinePCall? FindCall(ushort tag, P9Type type)
    {
        var call = tag == P9Limits.NoTag ? _versionCall : tag < _calls.Count ? _calls[tag] : null;
        if (call is null || call.HasReply)
            Broken($"{type} with tag {tag}, which no request has");
        else if (type != P9Type.Rlerror && (byte)type != (byte)call.Type + 1)
            Broken($"{type} as the answer to {call.Type}");
        else
            return call;
        return null;
    }

    /// <summary>Most of the data of an Rread is still to come: what is here is copied, the rest is received in place.</summary>
    private void StartDirect(NinePCall call, ReadOnlySpan<byte> left, int size)
    {
        if (left.Length < P9Limits.ReadHeaderSize)
            return;
        var count = BinaryPrimitives.ReadUInt32LittleEndian(left[P9Limits.HeaderSize..]);
        if (count != size - P9Limits.ReadHeaderSize || count > call.Destination.Length)
        {
            Broken($"Rread of {count} bytes where {call.Destination.Length} were asked for");
            return;
        }

        var data = left[P9Limits.ReadHeaderSize..];
        data.CopyTo(call.Destination.Span);
        _direct = call;
        (_directFrom, _directEnd) = (data.Length, (int)count);
        (_start, _end) = (0, 0);
    }

    /// <summary>Takes the answer over into the call; false when it breaks the protocol.</summary>
    private bool Accept(NinePCall call, P9Type type, ReadOnlySpan<byte> body)
    {
        if (type == P9Type.Rlerror)
        {
            if (!Rlerror.TryRead(body, out var m))
                return false;

            // Like Linux: what is no errno becomes EPROTO.
            call.Error = m.Ecode is >= 1 and <= 4095 ? (Errno)m.Ecode : Errno.EPROTO;
            return true;
        }

        switch (type)
        {
            case P9Type.Rversion:
                return AcceptVersion(call, body);
            case P9Type.Rattach:
                return Keep(Rattach.TryRead(body, out var attach), call, attach.Qid);
            case P9Type.Rwalk:
                return AcceptWalk(call, body);
            case P9Type.Rlopen:
                return Keep(Rlopen.TryRead(body, out var open), call, open.Qid, open.Iounit);
            case P9Type.Rlcreate:
                return Keep(Rlcreate.TryRead(body, out var create), call, create.Qid, create.Iounit);
            case P9Type.Rmkdir:
                return Keep(Rmkdir.TryRead(body, out var directory), call, directory.Qid);
            case P9Type.Rsymlink:
                return Keep(Rsymlink.TryRead(body, out var link), call, link.Qid);
            case P9Type.Rmknod:
                return Keep(Rmknod.TryRead(body, out var node), call, node.Qid);
            case P9Type.Rread:
                if (!Rread.TryRead(body, out var read) || read.Data.Length > call.Destination.Length)
                    return false;
                read.Data.CopyTo(call.Destination.Span);
                call.Number = read.Data.Length;
                return true;
            case P9Type.Rwrite:
                call.Number = Rwrite.TryRead(body, out var write) && write.Count <= (uint)call.Limit ? (int)write.Count : -1;
                return call.Number >= 0;
            case P9Type.Rreaddir:
                return AcceptEntries(call, body);
            case P9Type.Rgetattr:
                if (!Rgetattr.TryRead(body, out var attributes))
                    return false;
                call.Attributes = NinePAttributes.From(attributes);
                return true;
            case P9Type.Rstatfs:
                if (!Rstatfs.TryRead(body, out var s))
                    return false;
                call.Extra = new FileSystemStatistics(s.Kind, s.Bsize, s.Blocks, s.Bfree, s.Bavail, s.Files, s.Ffree, s.Fsid, s.Namelen);
                return true;
            case P9Type.Rreadlink:
                if (!Rreadlink.TryRead(body, out var target))
                    return false;
                call.Extra = target.Target.ToArray();
                return true;
            case P9Type.Rxattrwalk:
                if (!Rxattrwalk.TryRead(body, out var xattr))
                    return false;
                call.LongNumber = xattr.Length;
                return true;
            case P9Type.Rlock:
                if (!Rlock.TryRead(body, out var status))
                    return false;
                call.Number = status.Status;
                return true;
            case P9Type.Rgetlock:
                if (!Rgetlock.TryRead(body, out var held))
                    return false;
                call.Extra = new NinePLock(held.Kind, held.Start, held.Length, held.ProcId, System.Text.Encoding.UTF8.GetString(held.ClientId));
                return true;
            default:
                return body.Length == 0;
        }
    }

    private bool Keep(bool isRead, NinePCall call, Qid qid, uint iounit = 0)
    {
        call.Qid = qid;
        call.Number = iounit == 0 ? MaxPayload : (int)Math.Min(iounit, (uint)MaxPayload);
        return isRead;
    }

    private bool AcceptVersion(NinePCall call, ReadOnlySpan<byte> body)
    {
        if (!Rversion.TryRead(body, out var m))
            return false;
        if (!m.Version.SequenceEqual("9P2000.L"u8))
            call.Error = Errno.EPROTONOSUPPORT;
        else if (m.Msize < P9Limits.MinimumMsize || m.Msize > (uint)_options.Msize)
            return false;
        else
            _msize = (int)m.Msize;
        return true;
    }

    private static bool AcceptWalk(NinePCall call, ReadOnlySpan<byte> body)
    {
        if (!Rwalk.TryRead(body, out var m) || m.Qids.Length > call.Limit * Qid.Size)
            return false;
        call.Number = m.Qids.Length / Qid.Size;
        if (call.Number > 0)
        {
            var reader = new LittleEndianReader(m.Qids[^Qid.Size..]);
            call.Qid = Qid.Read(ref reader);
        }

        // Of some servers a walk that stopped half way made the fid nevertheless.
        call.Error = call.Number == call.Limit ? Errno.None : Errno.ENOENT;
        return true;
    }

    private static bool AcceptEntries(NinePCall call, ReadOnlySpan<byte> body)
    {
        if (!Rreaddir.TryRead(body, out var m) || m.Data.Length > call.Limit)
            return false;
        var reader = new LittleEndianReader(m.Data);
        while (reader.Remaining > 0)
        {
            if (!DirEntry.TryRead(ref reader, out var entry))
                return false;
            call.Entries!.Add(new NinePEntry(entry.Name.ToArray(), entry.Qid, entry.Offset, entry.Kind));
            call.Number++;
        }

        return reader.Done();
    }
}

using System.Buffers.Binary;
using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Nbd.Wire;

namespace Pentode.Nbd.Server;

/// <summary>Requests: taken apart, started, answered.</summary>
internal sealed partial class NbdSession
{
    /// <summary>Refused payloads up to this are read and thrown away; longer ones end the connection.</summary>
    private const uint MaxDiscard = 128u << 20;

    /// <summary>Extents of one status reply: what fits a reply slot.</summary>
    private const int MaxExtents = (SmallTransfer - 64) / 8;

    /// <summary>Large writes are received and written in pieces of this many bytes.</summary>
    private const int PieceBytes = 256 * 1024;

    /// <summary>Data of reads from this size on is aligned; shorter replies lie side by side and leave as one part.</summary>
    private const int AlignedRead = 1024;

    private void Parse()
    {
        var before = _begun;
        ParseAll();
        Loop.CountRequests((int)(_begun - before));
    }

    private void ParseAll()
    {
        while (!_isClosing && _filling is null && HasRoom)
        {
            if (_discard > 0)
            {
                var skipped = (int)Math.Min(_discard, (uint)(_end - _start));
                _start += skipped;
                _discard -= (uint)skipped;
                if (_discard > 0)
                    return;
            }

            var data = _in.Buffer!.GetSpan()[_start.._end];
            if (data.Length < NbdWire.RequestSize)
                return;
            if (!NbdRequestHeader.TryRead(data[..NbdWire.RequestSize], out var header))
            {
                Violated("bad request magic");
                return;
            }

            var isWrite = header.Type == NbdCommand.NBD_CMD_WRITE;
            if (isWrite && header.Length > MaxDiscard)
            {
                Violated($"write of {header.Length} bytes");
                return;
            }

            var isSmall = header.Length <= SmallTransfer;
            if (isWrite && isSmall && data.Length < NbdWire.RequestSize + (int)header.Length)
                return;
            _start += NbdWire.RequestSize;
            if (header.Type == NbdCommand.NBD_CMD_DISC)
            {
                BeginClose();
                return;
            }

            Begin(header, isWrite);
        }
    }

    private void Begin(in NbdRequestHeader header, bool isWrite)
    {
        var request = TakeRequest();
        request.Type = header.Type;
        request.Flags = header.Flags;
        request.Cookie = header.Cookie;
        request.Offset = unchecked((long)header.Offset);
        request.Length = (int)Math.Min(header.Length, int.MaxValue);
        if (_options.Trace)
            request.TraceStart = System.Diagnostics.Stopwatch.GetTimestamp();
        _inFlight++;
        _begun++;
        _inFlightBytes += isWrite || header.Type == NbdCommand.NBD_CMD_READ ? request.Length : 0;
        _hasLargeWrites = isWrite && header.Length > SmallTransfer;
        var refusal = Check(header);
        if (refusal != Errno.None)
        {
            _discard = isWrite ? header.Length : 0;
            Finish(request, refusal);
            return;
        }

        if (isWrite && request.Length > 0)
            TakePayload(request);
        else
            Execute(request, header.Length);
    }

    private Errno Check(in NbdRequestHeader header)
    {
        var allowed = NbdCommandFlags.NBD_CMD_FLAG_FUA | header.Type switch
        {
            NbdCommand.NBD_CMD_READ when _isStructured => NbdCommandFlags.NBD_CMD_FLAG_DF,
            NbdCommand.NBD_CMD_WRITE_ZEROES => NbdCommandFlags.NBD_CMD_FLAG_NO_HOLE | (_export!.Info.CanFastZero ? NbdCommandFlags.NBD_CMD_FLAG_FAST_ZERO : 0),
            NbdCommand.NBD_CMD_BLOCK_STATUS => NbdCommandFlags.NBD_CMD_FLAG_REQ_ONE,
            _ => NbdCommandFlags.None,
        };
        if ((header.Flags & ~allowed) != 0)
            return Errno.EINVAL;
        if (header.Offset > long.MaxValue)
            return header.Type is NbdCommand.NBD_CMD_WRITE or NbdCommand.NBD_CMD_WRITE_ZEROES ? Errno.ENOSPC : Errno.EINVAL;
        return header.Type switch
        {
            NbdCommand.NBD_CMD_READ when header.Length > (uint)_options.MaxPayload => Errno.EOVERFLOW,
            NbdCommand.NBD_CMD_WRITE when header.Length > (uint)_options.MaxPayload => Errno.EINVAL,
            NbdCommand.NBD_CMD_WRITE when _export!.IsReadOnly => Errno.EPERM,
            // Asked before any of it is written, because large writes are written as they arrive.
            NbdCommand.NBD_CMD_WRITE when (long)header.Offset > _export.Info.Size - header.Length => Errno.ENOSPC,
            NbdCommand.NBD_CMD_BLOCK_STATUS when !_hasAllocation || header.Length == 0 => Errno.EINVAL,
            > NbdCommand.NBD_CMD_BLOCK_STATUS => Errno.EINVAL,
            _ => Errno.None,
        };
    }

    private void TakePayload(NbdRequest request)
    {
        var here = _end - _start;
        if (request.Length <= here)
        {
            // Written from where it arrived.
            request.Input = _in;
            request.InputOffset = _start;
            _in.Users++;
            _start += request.Length;
            Execute(request, (uint)request.Length);
            return;
        }

        // Written piece by piece as it arrives: little memory, warm in the cache, and the disk works while the network does.
        request.Received = 0;
        request.Error = Errno.None;
        request.Pieces = 1;
        _filling = request;
        ReceivePieces();
    }

    // Takes pieces until one has to be waited for or the payload is complete.
    private void ReceivePieces()
    {
        while (_filling is { } request)
        {
            var length = Math.Min(PieceBytes, request.Length - request.Received);
            var piece = TakeRequest();
            piece.Parent = request;
            piece.Offset = request.Offset + request.Received;
            piece.Length = length;
            piece.Buffer = Loop.Buffers.Rent(length);
            var here = Math.Min(length, _end - _start);
            _in.Buffer!.GetSpan().Slice(_start, here).CopyTo(piece.Buffer.GetSpan());
            _start += here;
            _piece = piece;
            if (here < length)
            {
                _missing = length - here;
                Loop.Receive(_socket, piece.Buffer.Slice(here, _missing), _payload, waitAll: true);
                return;
            }

            WritePiece();
        }
    }

    private void WritePiece()
    {
        var piece = _piece!;
        var request = _filling!;
        _piece = null;
        request.Received += piece.Length;
        request.Pieces++;
        var isLast = request.Received == request.Length;
        if (isLast)
            _filling = null;
        if (request.Error == Errno.None)
            piece.Await(_export!.Write(piece.Payload, piece.Offset, (request.Flags & NbdCommandFlags.NBD_CMD_FLAG_FUA) != 0));
        else
            FinishPiece(piece, Errno.None);
        if (isLast)
            DropPiece(request);
    }

    private void FinishPiece(NbdRequest piece, Errno error)
    {
        var request = piece.Parent!;
        if (request.Error == Errno.None)
            request.Error = error;
        piece.Parent = null;
        piece.Buffer!.Release();
        piece.Buffer = null;
        _idle.Push(piece);
        DropPiece(request);
    }

    private void DropPiece(NbdRequest request)
    {
        if (--request.Pieces == 0)
            Finish(request, request.Error);
    }

    private void OnPayload(int result)
    {
        if (result == _missing)
        {
            WritePiece();
            ReceivePieces();
            Parse();
            Touch();
            return;
        }

        // The client is gone or we are closing: what it sent of this write does not count, earlier requests still get their replies.
        var request = _filling!;
        _filling = null;
        request.Pieces++;
        var piece = _piece!;
        _piece = null;
        FinishPiece(piece, _isClosing ? Errno.ESHUTDOWN : Errno.EIO);
        DropPiece(request);
        BeginClose();
    }

    private NbdRequest TakeRequest() => _idle.TryPop(out var idle) ? idle : new NbdRequest(this);

    private void Execute(NbdRequest request, uint length)
    {
        var export = _export!;
        var fua = (request.Flags & NbdCommandFlags.NBD_CMD_FLAG_FUA) != 0;
        switch (request.Type)
        {
            case NbdCommand.NBD_CMD_READ when request.Length <= SmallTransfer:
                var head = ReadHeadSize;
                request.Slot = _output.Reserve(head + request.Length, out var offset, request.Length >= AlignedRead ? head : 0);
                request.SlotOffset = offset;
                request.Await(export.Read(request.Slot.Buffer!.Slice(offset + head, request.Length), request.Offset));
                break;
            case NbdCommand.NBD_CMD_READ when export.TryReadCached(request.Offset, request.Length, out var cached):
                request.Cached = cached;
                Finish(request, Errno.None);
                break;
            case NbdCommand.NBD_CMD_READ when Loop.Buffers.RentedBytes > 2 * _options.MaxLoopBytes:
                Finish(request, Errno.ENOMEM);
                break;
            case NbdCommand.NBD_CMD_READ:
                request.Buffer = Loop.Buffers.Rent(request.Length);
                request.Await(export.Read(request.Buffer.Slice(0, request.Length), request.Offset));
                break;
            case NbdCommand.NBD_CMD_WRITE when request.Length == 0:
                Finish(request, Errno.None);
                break;
            case NbdCommand.NBD_CMD_WRITE:
                request.Await(export.Write(request.Payload, request.Offset, fua));
                break;
            case NbdCommand.NBD_CMD_FLUSH:
                request.Await(export.Flush());
                break;
            case NbdCommand.NBD_CMD_TRIM:
                request.Await(export.Trim(request.Offset, length, fua));
                break;
            case NbdCommand.NBD_CMD_CACHE:
                request.Await(export.Cache(request.Offset, length));
                break;
            case NbdCommand.NBD_CMD_WRITE_ZEROES:
                var flags = (fua ? ZeroFlags.Fua : 0) | ((request.Flags & NbdCommandFlags.NBD_CMD_FLAG_NO_HOLE) != 0 ? ZeroFlags.NoHole : 0) |
                    ((request.Flags & NbdCommandFlags.NBD_CMD_FLAG_FAST_ZERO) != 0 ? ZeroFlags.Fast : 0);
                request.Await(export.Zero(request.Offset, length, flags));
                break;
            default:
                request.Extents.Clear();
                var most = (request.Flags & NbdCommandFlags.NBD_CMD_FLAG_REQ_ONE) != 0 ? 1 : MaxExtents;
                request.Await(export.Extents(request.Offset, length, most, request.Extents));
                break;
        }
    }

    private int ReadHeadSize => _isStructured ? NbdWire.OffsetDataHeadSize : NbdWire.SimpleReplySize;

    /// <summary>Answers a request and gives back what it held.</summary>
    public void Finish(NbdRequest request, Errno error)
    {
        if (request.Parent is not null)
        {
            FinishPiece(request, error);
            return;
        }

        Volatile.Write(ref _operations, _operations + 1);
        _inFlight--;
        if (request.Type is NbdCommand.NBD_CMD_READ or NbdCommand.NBD_CMD_WRITE)
            _inFlightBytes -= request.Length;
        if (_options.Trace)
            Trace(request, error);
        if (error != Errno.None)
            Refuse(request, error);
        else
            Answer(request);
        request.Slot = null;
        request.Buffer?.Release();
        request.Buffer = null;
        if (request.Input is { } input)
        {
            ReleaseInput(input);
            request.Input = null;
        }

        _idle.Push(request);
        Touch();
    }

    private void Refuse(NbdRequest request, Errno error)
    {
        Volatile.Write(ref _errors, _errors + 1);
        if (request.Slot is { } unused)
            _output.Release(unused);
        var isFastZero = (request.Flags & NbdCommandFlags.NBD_CMD_FLAG_FAST_ZERO) != 0;
        var code = NbdErrors.ToWire(error, isFastZero);
        var slot = _output.Reserve(256, out var offset);
        var to = slot.Buffer!.GetSpan().Slice(offset, 256);
        _output.Enqueue(slot, offset, _isStructured ? NbdReplies.Error(to, request.Cookie, code) : NbdReplies.Simple(to, request.Cookie, code));
    }

    private void Answer(NbdRequest request)
    {
        switch (request.Type)
        {
            case NbdCommand.NBD_CMD_READ:
                Volatile.Write(ref _bytesRead, _bytesRead + request.Length);
                AnswerRead(request);
                return;
            case NbdCommand.NBD_CMD_WRITE:
                Volatile.Write(ref _bytesWritten, _bytesWritten + request.Length);
                break;
            case NbdCommand.NBD_CMD_BLOCK_STATUS:
                AnswerStatus(request);
                return;
        }

        var slot = _output.Reserve(NbdWire.SimpleReplySize, out var offset);
        _output.Enqueue(slot, offset, NbdReplies.Simple(slot.Buffer!.GetSpan()[offset..], request.Cookie, NbdError.NBD_SUCCESS));
    }

    private void AnswerRead(NbdRequest request)
    {
        var slot = request.Slot;
        var offset = request.SlotOffset;
        slot ??= _output.Reserve(ReadHeadSize, out offset);
        var to = slot.Buffer!.GetSpan()[offset..];
        int head;
        if (!_isStructured)
            head = NbdReplies.Simple(to, request.Cookie, NbdError.NBD_SUCCESS);
        else if (request.Length == 0)
            head = NbdReplies.Chunk(to, request.Cookie, NbdReplyChunk.NBD_REPLY_TYPE_NONE, 0);
        else
            head = NbdReplies.OffsetData(to, request.Cookie, (ulong)request.Offset, request.Length);
        if (request.Cached is { } cached)
        {
            _output.Enqueue(slot, offset, head, cached, request.Length);
            request.Cached = null;
        }
        else if (request.Buffer is { } data)
        {
            _output.Enqueue(slot, offset, head);
            _output.Enqueue(data, request.Length);
            request.Buffer = null;
        }
        else
        {
            _output.Enqueue(slot, offset, head + request.Length);
        }
    }

    private void AnswerStatus(NbdRequest request)
    {
        var extents = request.Extents;
        var room = NbdWire.ChunkSize + 4 + 8 * extents.Count;
        var slot = _output.Reserve(room, out var offset);
        var to = slot.Buffer!.GetSpan().Slice(offset, room);
        var at = NbdWire.ChunkSize + 4;
        for (var i = 0; i < extents.Count; i++)
        {
            var status = (extents[i].IsHole ? NbdWire.NBD_STATE_HOLE : 0) | (extents[i].IsZero ? NbdWire.NBD_STATE_ZERO : 0);
            var length = extents[i].Length;
            // Neighbours of one status are one extent on the wire.
            while (i + 1 < extents.Count && extents[i + 1].IsHole == extents[i].IsHole && extents[i + 1].IsZero == extents[i].IsZero)
                length += extents[++i].Length;
            BinaryPrimitives.WriteUInt32BigEndian(to[at..], (uint)length);
            BinaryPrimitives.WriteUInt32BigEndian(to[(at + 4)..], status);
            at += 8;
        }

        NbdReplies.Chunk(to, request.Cookie, NbdReplyChunk.NBD_REPLY_TYPE_BLOCK_STATUS, (uint)(at - NbdWire.ChunkSize));
        BinaryPrimitives.WriteUInt32BigEndian(to[NbdWire.ChunkSize..], AllocationContextId);
        _output.Enqueue(slot, offset, at);
    }
}

using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Client;

/// <summary>
/// Receiving. Heads and short data arrive in a shared buffer; the rest of long data goes from the socket straight into the caller's memory.
/// Every number of the server is checked against the request it answers before it is used.
/// </summary>
public sealed partial class NbdClient
{
    private const int ReceiveBytes = 256 * 1024;
    private const int LargeRead = 64 * 1024;
    private const int DirectBytes = 16 * 1024;
    private const int MaxDirectBytes = 1 << 20;
    private const int HeadRoom = 4096;
    private const int MaxErrorBytes = 6 + NbdWire.MaxString + 8;
    private const int MaxErrorChunks = 1024;
    private const uint MaxUnknownError = 65536;
    private const uint MaxStatusBytes = 4 + (8 << 20);

    private readonly NativeBuffer _in;
    private readonly Receiver _receiver;
    private int _start;
    private int _end;
    private int _largeReads;
    private bool _isDirect;

    // The reply or chunk whose payload is arriving.
    private NbdClientRequest? _current;
    private NbdReplyChunk _payload;
    private uint _payloadLeft;
    private int _target;
    private int _context;
    private long _statusCovered;
    private int _statusCount;
    private bool _isLast;

    private void Arm()
    {
        if (_problem is not null || _receiver.IsPending)
            return;
        if (_start == _end)
            _start = _end = 0;
        var isData = _current is not null && _payload == NbdReplyChunk.NBD_REPLY_TYPE_OFFSET_DATA;
        _isDirect = isData && _payloadLeft > DirectBytes;
        if (_isDirect)
        {
            var part = (int)Math.Min(_payloadLeft, MaxDirectBytes);
            Loop.Receive(_socket, _current!.Target.Slice(_target, part), _receiver, waitAll: true);
            return;
        }

        if (_in.Capacity - _end < 2 * HeadRoom + DirectBytes)
        {
            _in.GetSpan()[_start.._end].CopyTo(_in.GetSpan());
            _end -= _start;
            _start = 0;
        }

        // With long data on its way only its head is wanted here.
        var room = _in.Capacity - _end;
        if (_largeReads > 0)
            room = Math.Min(room, HeadRoom + (isData ? (int)_payloadLeft : 0));
        Loop.Receive(_socket, _in.Slice(_end, room), _receiver);
    }

    private void OnReceived(int result)
    {
        if (_problem is null)
        {
            if (result <= 0)
            {
                Lost(result);
            }
            else
            {
                if (_isDirect)
                    Advance(result);
                else
                    _end += result;
                Parse();
            }
        }

        if (_problem is null)
            Arm();
        else
            TryEnd();
    }

    private void Lost(int result)
    {
        var error = result == 0 ? Errno.ECONNRESET : (Errno)(-result);
        if (_isClosing && _inFlight == 0)
            Fail(Errno.ESHUTDOWN, "closed");
        else
            Fail(error, result == 0 ? $"the server closed the connection with {_inFlight} requests under way" : $"receiving failed: {NbdProblem.Words(error)}");
    }

    private void Parse()
    {
        while (_problem is null && (_current is null ? ReadHead() : ReadPayload()))
        {
        }
    }

    // True when something was consumed.
    private bool ReadHead()
    {
        var data = _in.GetSpan()[_start.._end];
        var size = NbdReplyHeader.TryRead(data, out var header);
        if (size < 0)
            return Violation("a reply has a bad magic number");
        if (size == 0)
            return false;
        var slot = (int)(header.Cookie & 0xFFFF);
        if (slot >= _slots.Length || _slots[slot] is not { } request || request.Cookie != header.Cookie)
            return Violation("a reply has the cookie of no request");
        _progress++;
        if (!header.IsChunk)
        {
            _start += size;
            return ReadSimple(request, header.Error);
        }

        return Export.IsStructured ? ReadChunk(request, header, data[size..], size) : Violation("a structured reply, which was not agreed on");
    }

    private bool ReadSimple(NbdClientRequest request, uint error)
    {
        if (request.HasChunks)
            return Violation("a simple reply after chunks");
        if (error != 0)
        {
            // Some servers answer even structured reads so when they fail early; nothing is ambiguous about it.
            Finish(request, NbdErrors.FromWire(error));
            return true;
        }

        if (request.Type == NbdCommand.NBD_CMD_BLOCK_STATUS || (request.Type == NbdCommand.NBD_CMD_READ && Export.IsStructured))
            return Violation("a simple reply to a request that needs a structured one");
        if (request.Type != NbdCommand.NBD_CMD_READ)
        {
            Finish(request, Errno.None);
            return true;
        }

        request.Received.TryAdd(0, request.Length);
        Expect(request, NbdReplyChunk.NBD_REPLY_TYPE_OFFSET_DATA, (uint)request.Length, isLast: true);
        _target = 0;
        return true;
    }

    private bool ReadChunk(NbdClientRequest request, in NbdReplyHeader header, ReadOnlySpan<byte> rest, int headSize)
    {
        var isRead = request.Type == NbdCommand.NBD_CMD_READ;
        switch (header.Type)
        {
            case NbdReplyChunk.NBD_REPLY_TYPE_NONE:
                if (header.Length != 0 || !header.IsDone)
                    return Violation("an empty chunk that is not empty or not the last");
                _start += headSize;
                EndReply(request);
                return true;
            case NbdReplyChunk.NBD_REPLY_TYPE_OFFSET_DATA when isRead && header.Length >= 9:
                if (rest.Length < 8)
                    return false;
                return TakeRange(request, BinaryPrimitives.ReadUInt64BigEndian(rest), header.Length - 8) && StartData(request, header, headSize + 8);
            case NbdReplyChunk.NBD_REPLY_TYPE_OFFSET_HOLE when isRead && header.Length == 12:
                if (rest.Length < 12)
                    return false;
                var size = BinaryPrimitives.ReadUInt32BigEndian(rest[8..]);
                if (!TakeRange(request, BinaryPrimitives.ReadUInt64BigEndian(rest), size))
                    return false;
                request.Target.Span.Slice(_target, (int)size).Clear();
                _start += headSize + 12;
                if (header.IsDone)
                    EndReply(request);
                return true;
            case NbdReplyChunk.NBD_REPLY_TYPE_BLOCK_STATUS when request.Type == NbdCommand.NBD_CMD_BLOCK_STATUS:
                if (header.Length is < 12 or > MaxStatusBytes || header.Length % 8 != 4)
                    return Violation($"a block status of {header.Length} bytes");
                if (rest.Length < 4)
                    return false;
                return StartStatus(request, header, BinaryPrimitives.ReadUInt32BigEndian(rest), headSize + 4);
            case var type when ((int)type & 0x8000) != 0:
                return StartError(request, header, headSize);
            default:
                return Violation($"a chunk of type {(int)header.Type} and {header.Length} bytes as answer to {request.Type}");
        }
    }

    // Claims a part of a READ for a chunk and points _target at it.
    private bool TakeRange(NbdClientRequest request, ulong offset, uint length)
    {
        var end = (ulong)(request.Offset + request.Length);
        if (length == 0 || offset < (ulong)request.Offset || offset >= end || length > end - offset)
            return Violation($"data of {length} bytes at {offset}, outside of the request");
        var start = (long)(offset - (ulong)request.Offset);
        if (!request.Received.TryAdd(start, start + length))
            return Violation($"data of {length} bytes at {offset} that was there already, or in too many pieces");
        _target = (int)start;
        return true;
    }

    private bool StartData(NbdClientRequest request, in NbdReplyHeader header, int consumed)
    {
        _start += consumed;
        Expect(request, NbdReplyChunk.NBD_REPLY_TYPE_OFFSET_DATA, header.Length - 8, header.IsDone);
        return true;
    }

    private bool StartStatus(NbdClientRequest request, in NbdReplyHeader header, uint id, int consumed)
    {
        _context = 0;
        while (_context < Export.Contexts.Count && Export.Contexts[_context].Id != id)
            _context++;
        if (_context == Export.Contexts.Count || (request.ContextsSeen & (1u << _context)) != 0)
            return Violation("a block status of a context that was not selected, or twice");
        request.ContextsSeen |= 1u << _context;
        _statusCovered = 0;
        _statusCount = 0;
        _start += consumed;
        Expect(request, NbdReplyChunk.NBD_REPLY_TYPE_BLOCK_STATUS, header.Length - 4, header.IsDone);
        return true;
    }

    private bool StartError(NbdClientRequest request, in NbdReplyHeader header, int consumed)
    {
        var isKnown = header.Type is NbdReplyChunk.NBD_REPLY_TYPE_ERROR or NbdReplyChunk.NBD_REPLY_TYPE_ERROR_OFFSET;
        if (header.Length > (isKnown ? MaxErrorBytes : MaxUnknownError))
            return Violation($"an error chunk of {header.Length} bytes");
        if (++request.ErrorChunks > MaxErrorChunks)
            return Violation("endless error chunks");
        _start += consumed;
        if (!isKnown && request.Error == Errno.None)
            request.Error = Errno.EIO;
        Expect(request, header.Type, header.Length, header.IsDone);
        return true;
    }

    private void Expect(NbdClientRequest request, NbdReplyChunk type, uint length, bool isLast)
    {
        request.HasChunks = true;
        _current = request;
        _payload = type;
        _payloadLeft = length;
        _isLast = isLast;
    }

    private bool ReadPayload()
    {
        var available = (uint)(_end - _start);
        switch (_payload)
        {
            case NbdReplyChunk.NBD_REPLY_TYPE_OFFSET_DATA:
                var part = (int)Math.Min(available, _payloadLeft);
                if (part > 0)
                {
                    _in.GetSpan().Slice(_start, part).CopyTo(_current!.Target.Span[_target..]);
                    _start += part;
                    Advance(part);
                }

                break;
            case NbdReplyChunk.NBD_REPLY_TYPE_BLOCK_STATUS:
                if (!ReadExtents())
                    return false;
                break;
            case NbdReplyChunk.NBD_REPLY_TYPE_ERROR or NbdReplyChunk.NBD_REPLY_TYPE_ERROR_OFFSET:
                if (available < _payloadLeft)
                    return false;
                if (!ReadError())
                    return false;
                break;
            default:
                var skipped = Math.Min(available, _payloadLeft);
                _start += (int)skipped;
                _payloadLeft -= skipped;
                break;
        }

        if (_payloadLeft > 0)
            return false;
        var request = _current!;
        _current = null;
        if (_isLast)
            EndReply(request);
        return true;
    }

    private void Advance(int count)
    {
        _target += count;
        _payloadLeft -= (uint)count;
        if (count >= HeadRoom)
            _progress++;
    }

    private bool ReadExtents()
    {
        var request = _current!;
        while (_payloadLeft > 0 && _end - _start >= 8)
        {
            var entry = _in.GetSpan().Slice(_start, 8);
            var length = BinaryPrimitives.ReadUInt32BigEndian(entry);
            if (length == 0)
                return Violation("an extent without length");
            _start += 8;
            _payloadLeft -= 8;
            if (_statusCovered >= request.Length || _statusCount >= request.MaxExtents)
                continue;
            length = (uint)Math.Min(length, request.Length - _statusCovered);
            request.Extents!.Add(new NbdExtent(_context, length, BinaryPrimitives.ReadUInt32BigEndian(entry[4..])));
            _statusCovered += length;
            _statusCount++;
        }

        return true;
    }

    private bool ReadError()
    {
        var hasOffset = _payload == NbdReplyChunk.NBD_REPLY_TYPE_ERROR_OFFSET;
        if (!NbdErrorChunk.TryRead(_in.GetSpan().Slice(_start, (int)_payloadLeft), hasOffset, out var chunk))
            return Violation("a malformed error chunk");
        var request = _current!;
        if (hasOffset && (chunk.Offset < (ulong)request.Offset || chunk.Offset - (ulong)request.Offset >= (ulong)Math.Max(request.Length, 1)))
            return Violation("an error at an offset outside of the request");
        _start += (int)_payloadLeft;
        _payloadLeft = 0;
        if (request.Error == Errno.None)
            request.Error = NbdErrors.FromWire(chunk.Error);
        var text = NbdProblem.Clean(chunk.Text);
        LastServerMessage = hasOffset ? $"{text} (at {chunk.Offset})" : text;
        return true;
    }

    private void EndReply(NbdClientRequest request)
    {
        if (request.Error == Errno.None)
        {
            if (request.Type == NbdCommand.NBD_CMD_READ && !request.Received.Covers(request.Length))
            {
                Violation("the end of a read whose data has not all arrived");
                return;
            }

            if (request.Type == NbdCommand.NBD_CMD_BLOCK_STATUS && request.ContextsSeen != (1u << Export.Contexts.Count) - 1)
            {
                Violation("the end of a block status without all contexts");
                return;
            }
        }

        Finish(request, request.Error);
    }

    private bool Violation(string what)
    {
        Fail(Errno.EPROTO, $"the server broke the protocol: {what}");
        return false;
    }

    private sealed class Receiver(NbdClient client) : IoCompletion
    {
        public override void Complete(int result) => client.OnReceived(result);
    }
}

using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Codecs;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Replies: small ones side by side in one buffer, large reads in their own; one send under way.</summary>
internal sealed partial class NinePConnection
{
    private const int OutputSize = 64 << 10;

    /// <summary>Where the data of a read lies in its buffer. Copies to an address a few bytes after a page boundary take three times as long.</summary>
    private const int ReplyDataStart = 64;
    private const int ReplyHeaderStart = ReplyDataStart - P9Limits.ReadHeaderSize;
    private const int MaxParts = 64;

    /// <summary>Data of reads up to this size is copied beside other replies.</summary>
    private const int CopyLimit = 1 << 10;

    private readonly List<ReadOnlyMemory<byte>> _parts = [];
    private readonly List<NativeBuffer> _partOwners = [];
    private readonly List<NativeBuffer> _sendingOwners = [];
    private readonly ReadOnlyMemory<byte>[] _vector = new ReadOnlyMemory<byte>[MaxParts];
    private NativeBuffer? _output;
    private int _outputStart;
    private int _outputEnd;
    private long _unsentBytes;
    private long _sendingBytes;

    /// <summary>What the buffers of unsent reads are larger than their content.</summary>
    private long _unsentSlack;
    private long _sendingSlack;

    private bool HasUnsent => _sendDone.IsPending || _unsentBytes > 0;

    private void Answer<T>(Request request, in T message)
        where T : IWireMessage<T>, allows ref struct
    {
        if (request.Epoch != _epoch)
            return;
        var size = P9Limits.HeaderSize + message.Size;
        var writer = new LittleEndianWriter(Reserve(size));
        writer.U32((uint)size);
        writer.U8((byte)T.Type);
        writer.U16(request.Tag);
        message.Write(ref writer);
        request.IsAnswered = true;
        System.Diagnostics.Debug.Assert(!writer.IsOverrun && writer.Position == size, "reply size");
    }

    private void AnswerEmpty(Request request)
    {
        AnswerEmpty(request, (P9Type)((byte)request.Type + 1), request.Tag);
        request.IsAnswered = true;
    }

    private void AnswerEmpty(Request request, P9Type type, ushort tag)
    {
        if (request.Epoch != _epoch)
            return;
        var writer = new LittleEndianWriter(Reserve(P9Limits.HeaderSize));
        writer.U32(P9Limits.HeaderSize);
        writer.U8((byte)type);
        writer.U16(tag);
    }

    /// <summary>Sends the reply buffer of a read, whose data lies at <see cref="ReplyDataStart"/>.</summary>
    private void AnswerData(Request request, int count)
    {
        if (request.Epoch != _epoch || request.Reply is not { } buffer)
            return;
        request.IsAnswered = true;
        Totals.CountRead(count);
        var size = P9Limits.ReadHeaderSize + count;
        var writer = new LittleEndianWriter(buffer.GetSpan()[ReplyHeaderStart..]);
        writer.U32((uint)size);
        writer.U8((byte)((byte)request.Type + 1));
        writer.U16(request.Tag);
        writer.U32((uint)count);
        if (size <= CopyLimit)
        {
            buffer.GetSpan().Slice(ReplyHeaderStart, size).CopyTo(Reserve(size));
            return;
        }

        CutOutput();
        _parts.Add(buffer.Slice(ReplyHeaderStart, size));
        _partOwners.Add(buffer);
        _unsentBytes += size;
        _unsentSlack += buffer.Capacity - size;
        request.Reply = null;
        QueueTurnEnd();
    }

    private Span<byte> Reserve(int size)
    {
        if (_output is null || _output.Capacity - _outputEnd < size)
        {
            CutOutput();
            if (_output is not null)
                _partOwners.Add(_output);
            _output = Loop.Buffers.Rent(Math.Max(OutputSize, size));
            _outputStart = _outputEnd = 0;
        }

        var reserved = _output.GetSpan().Slice(_outputEnd, size);
        _outputEnd += size;
        _unsentBytes += size;
        QueueTurnEnd();
        return reserved;
    }

    private void CutOutput()
    {
        if (_output is null || _outputEnd == _outputStart)
            return;
        _parts.Add(_output.Slice(_outputStart, _outputEnd - _outputStart));
        _outputStart = _outputEnd;
    }

    private void Flush()
    {
        if (_isClosing || _sendDone.IsPending || _unsentBytes == 0)
            return;
        CutOutput();
        var count = Math.Min(_parts.Count, MaxParts);
        if (count == _parts.Count)
        {
            // Everything goes out, so the buffers go with it.
            _sendingOwners.AddRange(_partOwners);
            _partOwners.Clear();
            _sendingSlack = _unsentSlack;
            if (_output is not null)
                _sendingOwners.Add(_output);
            _output = null;
            _outputStart = _outputEnd = 0;
        }

        _sendingBytes = 0;
        for (var i = 0; i < count; i++)
        {
            _vector[i] = _parts[i];
            _sendingBytes += _parts[i].Length;
        }

        _parts.RemoveRange(0, count);
        _sendDone.IsPatient = _parts.Count == 0 && !_isDraining && _receiveDone.IsPending;
        if (count == 1)
            Loop.Send(_socket, _vector[0], _sendDone);
        else
            Loop.SendVectored(_socket, _vector.AsSpan(0, count), _sendDone);
    }

    private void Sent(int result)
    {
        _unsentBytes -= _sendingBytes;
        _unsentSlack -= _sendingSlack;
        _sendingSlack = 0;
        foreach (var buffer in _sendingOwners)
            buffer.Release();
        _sendingOwners.Clear();
        if (_isClosing)
            FinishClose();
        else if (result < 0 || result < _sendingBytes)
            Close();
        else
            QueueTurnEnd();
    }

    private void ReleaseOutput()
    {
        foreach (var buffer in _partOwners)
            buffer.Release();
        foreach (var buffer in _sendingOwners)
            buffer.Release();
        _output?.Release();
        _output = null;
        _partOwners.Clear();
        _sendingOwners.Clear();
        _parts.Clear();
        _unsentBytes = _unsentSlack = 0;
    }
}

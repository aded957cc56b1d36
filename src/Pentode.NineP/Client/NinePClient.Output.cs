using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Codecs;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <content>Requests on their way out: small ones side by side in one buffer, large payload from the caller's memory; one send under way.</content>
public sealed partial class NinePClient
{
    private const int OutputSize = 64 << 10;
    private const int MaxParts = 64;
    private const int CopyLimit = 8 << 10;
    private const int WriteHeaderSize = P9Limits.HeaderSize + 4 + 8 + 4;

    private readonly List<ReadOnlyMemory<byte>> _parts = [];
    private readonly List<NativeBuffer> _partOwners = [];
    private readonly List<NinePCall> _partCalls = [];
    private readonly List<NativeBuffer> _sendingOwners = [];
    private readonly List<NinePCall> _sendingCalls = [];
    private readonly ReadOnlyMemory<byte>[] _vector = new ReadOnlyMemory<byte>[MaxParts];
    private NativeBuffer? _output;
    private int _outputStart;
    private int _outputEnd;
    private long _sendingBytes;

    /// <summary>Appends a frame; a body that does not fit the protocol is taken back.</summary>
    private Errno Append<T>(ushort tag, in T message)
        where T : IWireMessage<T>, allows ref struct
    {
        var size = P9Limits.HeaderSize + message.Size;
        if (size > _msize)
            return Errno.EMSGSIZE;
        var writer = new LittleEndianWriter(Reserve(size));
        writer.U32((uint)size);
        writer.U8((byte)T.Type);
        writer.U16(tag);
        message.Write(ref writer);
        if (!writer.IsOverrun && writer.Position == size)
            return Errno.None;
        _outputEnd -= size;
        return Errno.ENAMETOOLONG;
    }

    /// <summary>Appends a Twrite whose payload is sent from where it is.</summary>
    private void AppendWrite(NinePCall call, uint fid, ulong offset, ReadOnlyMemory<byte> data)
    {
        var writer = new LittleEndianWriter(Reserve(WriteHeaderSize));
        writer.U32((uint)(WriteHeaderSize + data.Length));
        writer.U8((byte)P9Type.Twrite);
        writer.U16(call.Tag);
        writer.U32(fid);
        writer.U64(offset);
        writer.U32((uint)data.Length);
        CutOutput();
        _parts.Add(data);
        _partCalls.Add(call);
        call.IsUnsent = true;
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
        if (_sendDone.IsPending)
            return;
        CutOutput();
        if (_parts.Count == 0)
            return;
        var count = Math.Min(_parts.Count, MaxParts);
        if (count == _parts.Count)
        {
            // Everything goes out, so the buffers go with it.
            _sendingOwners.AddRange(_partOwners);
            _partOwners.Clear();
            if (_output is not null)
                _sendingOwners.Add(_output);
            _output = null;
            _outputStart = _outputEnd = 0;
            _sendingCalls.AddRange(_partCalls);
            _partCalls.Clear();
        }

        _sendingBytes = 0;
        for (var i = 0; i < count; i++)
        {
            _vector[i] = _parts[i];
            _sendingBytes += _parts[i].Length;
        }

        _parts.RemoveRange(0, count);
        if (count == 1)
            Loop.Send(_socket, _vector[0], _sendDone);
        else
            Loop.SendVectored(_socket, _vector.AsSpan(0, count), _sendDone);
    }

    private void Sent(int result)
    {
        foreach (var buffer in _sendingOwners)
            buffer.Release();
        _sendingOwners.Clear();
        if (Error != Errno.None)
        {
            QueueTurnEnd();
            return;
        }

        if (result < 0 || result < _sendingBytes)
        {
            Fail(result < 0 ? (Errno)(-result) : Errno.EPIPE, "the connection was lost");
            return;
        }

        // A continuation may send again, but never before this turn ends: the list is not touched meanwhile.
        foreach (var call in _sendingCalls)
        {
            call.IsUnsent = false;
            FinishIfDone(call);
        }

        _sendingCalls.Clear();
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
        _partCalls.Clear();
        _sendingCalls.Clear();
        _parts.Clear();
    }
}

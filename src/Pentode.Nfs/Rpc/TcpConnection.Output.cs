using System.Buffers.Binary;
using Pentode.Core.Buffers;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.Rpc;

/// <content>Replies: small ones side by side in one buffer, large ones in their own; one send under way. Every reply is one fragment.</content>
internal sealed partial class TcpConnection
{
    private const int OutputSize = 64 << 10;
    private const int MaxParts = 64;

    /// <summary>Replies in a buffer of their own are copied beside others up to this size.</summary>
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

    /// <summary>What the buffers of unsent large replies are larger than their content.</summary>
    private long _unsentSlack;
    private long _sendingSlack;

    private string _export = "";
    private string _user = "";
    private long _operations;
    private long _errors;
    private long _bytesRead;
    private long _bytesWritten;

    private bool HasUnsent => _sendDone.IsPending || _unsentBytes > 0;

    /// <inheritdoc/>
    public override void Note(string export, string? user) => (_export, _user) = (export, user ?? _user);

    /// <inheritdoc/>
    public override void CountBytes(int read, int written)
    {
        _bytesRead += read;
        _bytesWritten += written;
    }

    /// <inheritdoc/>
    public override Span<byte> Reserve(int size)
    {
        if (_output is null || _output.Capacity - _outputEnd < size)
        {
            CutOutput();
            if (_output is not null)
                _partOwners.Add(_output);
            _output = Loop.Buffers.Rent(Math.Max(OutputSize, size));
            _outputStart = _outputEnd = 0;
        }

        return _output.GetSpan().Slice(_outputEnd, size);
    }

    /// <inheritdoc/>
    public override void Commit(RpcCall call, int size)
    {
        if (_isClosing)
            return;
        Mark(_output!.GetSpan()[_outputEnd..], size);
        _outputEnd += size;
        _unsentBytes += size;
        QueueTurnEnd();
    }

    /// <inheritdoc/>
    public override void Send(RpcCall call, NativeBuffer buffer, int start, int size)
    {
        if (_isClosing)
        {
            buffer.Release();
            return;
        }

        if (size <= CopyLimit)
        {
            buffer.GetSpan().Slice(start, size).CopyTo(Reserve(size));
            buffer.Release();
            Commit(call, size);
            return;
        }

        Mark(buffer.GetSpan()[start..], size);
        CutOutput();
        _parts.Add(buffer.Slice(start, size));
        _partOwners.Add(buffer);
        _unsentBytes += size;
        _unsentSlack += buffer.Capacity - size;
        QueueTurnEnd();
    }

    private static void Mark(Span<byte> reply, int size) =>
        BinaryPrimitives.WriteUInt32BigEndian(reply, RpcConstants.LastFragment | (uint)(size - RpcConstants.RecordMark));

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

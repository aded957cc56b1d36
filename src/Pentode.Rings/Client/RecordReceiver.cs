using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Uring;

namespace Pentode.Rings.Client;

/// <summary>Receives from a server and hands over one record after another, each when it is whole. One receive is under way until the connection ends.</summary>
internal abstract class RecordReceiver(IoLoop loop, int socket, int capacity) : IoCompletion
{
    private readonly NativeBuffer _buffer = loop.Buffers.Rent(capacity);
    private int _end;

    /// <summary>True while records are handed over.</summary>
    public bool IsParsing { get; private set; }

    /// <summary>Nothing more is taken from the server.</summary>
    protected abstract bool HasFailed { get; }

    public void Arm() => loop.Receive(socket, _buffer.Slice(_end, capacity - _end), this);

    public override void Complete(int result)
    {
        if (HasFailed)
        {
            OnFailed();
            return;
        }

        if (result <= 0)
        {
            if (result < 0)
                OnError((Errno)(-result));
            else
                OnEnd(isWhole: _end == 0);
            return;
        }

        _end += result;
        IsParsing = true;
        var at = 0;
        while (!HasFailed && OnRecord(_buffer.GetSpan()[at.._end]) is > 0 and var length)
            at += length;
        IsParsing = false;
        if (HasFailed)
        {
            OnFailed();
            return;
        }

        _buffer.GetSpan()[at.._end].CopyTo(_buffer.GetSpan());
        _end -= at;
        Arm();
    }

    public void Release() => _buffer.Release();

    /// <summary>Length of the record at the start, which has been dealt with; 0 when more bytes are needed or the server broke the protocol.</summary>
    protected abstract int OnRecord(ReadOnlySpan<byte> data);

    protected abstract void OnError(Errno error);

    /// <summary>The server closed the connection; not whole: in the middle of a record.</summary>
    protected abstract void OnEnd(bool isWhole);

    /// <summary>No receive is under way any more.</summary>
    protected abstract void OnFailed();
}

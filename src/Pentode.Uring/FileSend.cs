using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Uring;

/// <summary>One <see cref="IoLoop.SendFile"/> under way; pooled by its loop, with its pipe.</summary>
internal sealed class FileSend : IoCompletion
{
    private const int PipeSize = 1 << 20;
    private const int PollOut = 4;
    private const ulong HeldTicket = (1UL << 62) + 3;

    // After this much, others get their turn.
    private const int TurnBytes = 2 << 20;

    private static readonly byte[] s_zeros = new byte[64 << 10];

    private readonly IoLoop _loop;
    private int _readEnd = -1;
    private int _writeEnd = -1;
    private int _socket;
    private ReadOnlyMemory<byte> _head;
    private int _file;
    private long _offset;
    private int _unread;
    private int _inPipe;
    private int _zeros;
    private int _total;
    private IoCompletion? _completion;

    private int _result;

    public FileSend(IoLoop loop)
    {
        _loop = loop;
    }

    public void Begin(int socket, ReadOnlyMemory<byte> head, int file, long offset, int length, IoCompletion completion)
    {
        _socket = socket;
        _head = head;
        _file = file;
        _offset = offset;
        _unread = length;
        _inPipe = 0;
        _zeros = 0;
        _total = head.Length + length;
        _completion = completion;
        completion.Ticket = HeldTicket;
        var result = _writeEnd < 0 ? SpliceCalls.OpenPipe(PipeSize, out _readEnd, out _writeEnd) : 0;
        if (result < 0)
            _writeEnd = -1;
        else
            result = Pump();
        if (result == -(int)Errno.EAGAIN)
            return;
        // Completions never run inside the call that starts them.
        _result = result;
        _loop.Post(static state => ((FileSend)state!).End(((FileSend)state)._result), this);
    }

    /// <summary>The socket takes more.</summary>
    public override void Complete(int result)
    {
        if (result >= 0)
            result = Pump();
        if (result != -(int)Errno.EAGAIN)
            End(result);
    }

    /// <summary>True when it is this one's end that <paramref name="completion"/> waits for; then it ends early.</summary>
    public bool Cancel(IoCompletion completion)
    {
        if (_completion != completion)
            return false;
        if (IsPending)
            _loop.Cancel(this);
        return true;
    }

    public void Close()
    {
        if (_writeEnd < 0)
            return;
        _loop.Close(_readEnd);
        _loop.Close(_writeEnd);
        _writeEnd = -1;
    }

    // 0 when all was sent, -EAGAIN when a poll was armed to go on later, or the error.
    private int Pump()
    {
        var budget = TurnBytes;
        while (budget > 0)
        {
            int sent;
            if (_head.Length > 0)
            {
                sent = SpliceCalls.SendNow(_socket, _head.Span, _unread > 0);
                if (sent > 0)
                    _head = _head[sent..];
            }
            else if (_inPipe > 0 || _unread > 0)
            {
                if (_inPipe == 0 && Fill() is < 0 and var error)
                    return error;
                if (_inPipe == 0)
                    continue;
                sent = SpliceCalls.ToSocket(_readEnd, _socket, _inPipe, _unread > 0 || _zeros > 0);
                if (sent > 0)
                    _inPipe -= sent;
            }
            else if (_zeros > 0)
            {
                sent = SpliceCalls.SendNow(_socket, s_zeros.AsSpan(0, Math.Min(_zeros, s_zeros.Length)), false);
                if (sent > 0)
                    _zeros -= sent;
            }
            else
            {
                return 0;
            }

            if (sent == 0)
                return -(int)Errno.EPIPE;
            if (sent == -(int)Errno.EAGAIN)
                break;
            if (sent < 0)
                return sent;
            budget -= sent;
        }

        if (_head.Length == 0 && _inPipe == 0 && _unread == 0 && _zeros == 0)
            return 0;
        _loop.Poll(_socket, PollOut, this);
        return -(int)Errno.EAGAIN;
    }

    private int Fill()
    {
        var read = SpliceCalls.FromFile(_file, _offset, _writeEnd, Math.Min(_unread, PipeSize));
        if (read == 0)
        {
            _zeros = _unread;
            _unread = 0;
            return 0;
        }

        if (read < 0)
            return read;
        _offset += read;
        _unread -= read;
        _inPipe = read;
        return 0;
    }

    private void End(int result)
    {
        // Pages left in the pipe belong to this reply: nobody else may get them.
        if (_inPipe > 0)
            Close();
        _head = default;
        var completion = _completion!;
        _completion = null;
        _loop.EndFileSend(this, completion, result < 0 ? result : _total);
    }
}

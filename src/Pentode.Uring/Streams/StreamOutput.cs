using System.Diagnostics;
using Pentode.Core;
using Pentode.Core.Buffers;

namespace Pentode.Uring.Streams;

/// <summary>
/// Bytes on their way into a socket, in order: small messages side by side in one block, large ones from their own buffers or from the page cache
/// of a file. One send is under way at a time and takes everything there is, up to <see cref="MaxParts"/> parts. Loop thread only.
/// </summary>
public sealed class StreamOutput
{
    private const int BlockSize = 64 << 10;
    private const int MaxParts = 64;

    /// <summary>Messages in a buffer of their own are copied beside others up to this size.</summary>
    private const int CopyLimit = 1 << 10;

    private readonly IoLoop _loop;
    private readonly int _socket;
    private readonly IStreamOwner _owner;
    private readonly SendDone _done;
    private readonly Queue<Part> _queue = new();
    private readonly List<Part> _sending = [];
    private readonly ReadOnlyMemory<byte>[] _vector = new ReadOnlyMemory<byte>[MaxParts];
    private NativeBuffer? _block;
    private int _start;
    private int _end;
    private long _slack;
    private long _sendingBytes;

    /// <summary>An empty output; the socket stays the owner's.</summary>
    public StreamOutput(IoLoop loop, int socket, IStreamOwner owner)
    {
        (_loop, _socket, _owner) = (loop, socket, owner);
        _done = new SendDone(this);
    }

    /// <summary>A send is under way.</summary>
    public bool IsSending => _done.IsPending;

    /// <summary>Something is to be sent, or being sent.</summary>
    public bool HasUnsent => IsSending || UnsentBytes > 0;

    /// <summary>Bytes not yet sent.</summary>
    public long UnsentBytes { get; private set; }

    /// <summary>Memory that unsent bytes hold: buffers are larger than their content.</summary>
    public long HeldBytes => UnsentBytes + _slack;

    /// <summary>Room for a message of at most <paramref name="size"/> bytes, to be filled and committed before anything else is done here.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_block is null || _block.Capacity - _end < size)
        {
            Cut();
            if (_block is not null)
                _queue.Enqueue(new Part { Own = _block });
            _block = _loop.Buffers.Rent(Math.Max(BlockSize, size));
            _start = _end = 0;
        }

        return _block.GetSpan().Slice(_end, size);
    }

    /// <summary>The first <paramref name="size"/> bytes reserved are a message, or the head of one.</summary>
    public void Commit(int size)
    {
        _end += size;
        UnsentBytes += size;
    }

    /// <summary>A part of a buffer, which belongs to the output from now on.</summary>
    public void Append(NativeBuffer buffer, int start, int size)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        if (size <= CopyLimit)
        {
            buffer.GetSpan().Slice(start, size).CopyTo(Reserve(size));
            buffer.Release();
            Commit(size);
            return;
        }

        Cut();
        _slack += buffer.Capacity - size;
        Push(new Part { Memory = buffer.Slice(start, size), Own = buffer, Slack = buffer.Capacity - size }, size);
    }

    /// <summary>Pinned memory that stays as it is until its owner hears that it has left.</summary>
    public void Append(ReadOnlyMemory<byte> memory, IStreamPart owner)
    {
        Cut();
        Push(new Part { Memory = memory, Owner = owner }, memory.Length);
    }

    /// <summary>A message whose head, of <paramref name="headSize"/> bytes, has just been reserved and filled, and whose rest is read from a file that its owner keeps open.</summary>
    public void AppendFile(int headSize, CachedRange range, int length, IStreamPart owner)
    {
        Cut();
        var head = _block!.Slice(_end, headSize);
        _start = _end += headSize;
        Push(new Part { Memory = head, Owner = owner, File = range, FileLength = length }, headSize + length);
    }

    /// <summary>
    /// Starts a send of what there is, if none is under way. With <paramref name="isPatient"/> its success may be told late, as something else is sure
    /// to wake the loop for this stream (<see cref="IoCompletion.IsPatient"/>).
    /// </summary>
    public void Flush(bool isPatient)
    {
        if (_done.IsPending || UnsentBytes == 0)
            return;
        Cut();
        var count = 0;
        while (count < MaxParts && _queue.TryPeek(out var part) && !(part.FileLength > 0 && count > 0))
        {
            _sending.Add(_queue.Dequeue());
            _sendingBytes += part.Memory.Length + part.FileLength;
            if (part.Memory.Length > 0)
                _vector[count++] = part.Memory;
            if (part.FileLength > 0)
            {
                _done.IsPatient = false;
                _loop.SendFile(_socket, part.Memory, part.File.File, part.File.Offset, part.FileLength, _done);
                return;
            }
        }

        if (_queue.Count == 0 && _block is not null)
        {
            // Everything goes out, so the block goes with it.
            _sending.Add(new Part { Own = _block });
            _block = null;
            _start = _end = 0;
        }

        _done.IsPatient = isPatient && _queue.Count == 0;
        if (count == 1)
            _loop.Send(_socket, _vector[0], _done);
        else
            _loop.SendVectored(_socket, _vector.AsSpan(0, count), _done);
    }

    /// <summary>Ends a send under way early.</summary>
    public void Cancel()
    {
        if (!_done.IsPending)
            return;
        _loop.Cancel(_done);
        _loop.CancelSendFile(_done);
    }

    /// <summary>Lets everything go; no send may be under way.</summary>
    public void Release()
    {
        Debug.Assert(!_done.IsPending, "a send is under way");
        LetGo();
        while (_queue.TryDequeue(out var part))
            LetGo(part);
        _block?.Release();
        _block = null;
        UnsentBytes = _slack = 0;
    }

    private void Push(in Part part, int size)
    {
        UnsentBytes += size;
        _queue.Enqueue(part);
    }

    private void Cut()
    {
        if (_block is null || _end == _start)
            return;
        _queue.Enqueue(new Part { Memory = _block.Slice(_start, _end - _start) });
        _start = _end;
    }

    private void Ended(int result)
    {
        UnsentBytes -= _sendingBytes;
        var isShort = result < _sendingBytes;
        _sendingBytes = 0;
        LetGo();
        _owner.OnSent(result < 0 ? (Errno)(-result) : isShort ? Errno.EPIPE : Errno.None);
    }

    private void LetGo()
    {
        // An owner that hears of it may append, but nothing is sent before the turn ends: the list is not touched meanwhile.
        foreach (var part in _sending)
            LetGo(part);
        _sending.Clear();
    }

    private void LetGo(in Part part)
    {
        _slack -= part.Slack;
        part.Own?.Release();
        part.Owner?.OnLeft();
    }

    /// <summary>Bytes in memory, then bytes of a file, and who is to let them go. A part without bytes only hands over a block whose parts went before it.</summary>
    private struct Part
    {
        public ReadOnlyMemory<byte> Memory;
        public NativeBuffer? Own;
        public IStreamPart? Owner;
        public CachedRange File;
        public int FileLength;
        public int Slack;
    }

    private sealed class SendDone(StreamOutput output) : IoCompletion, IFaultOwner
    {
        public override void Complete(int result) => output.Ended(result);

        public void OnFault(Exception error) => output._owner.OnFault(error);
    }
}

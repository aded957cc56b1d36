using Pentode.Blocks;
using Pentode.Core.Buffers;
using Pentode.Uring;

namespace Pentode.Nbd.Server;

/// <summary>
/// Replies of one connection on their way out. Space is reserved in shared blocks, so that replies finished one after the other lie side by
/// side and leave as one part; large data leaves from its own buffer. One send is under way at a time.
/// </summary>
internal sealed class NbdOutput
{
    private const int BlockSize = 256 * 1024;
    private const int MaxParts = 64;
    private const int CacheLine = 64;

    private readonly IoLoop _loop;
    private readonly int _socket;
    private readonly SendCompletion _completion;
    private readonly Part[] _sending = new Part[MaxParts];
    private readonly ReadOnlyMemory<byte>[] _memory = new ReadOnlyMemory<byte>[MaxParts];
    private readonly Stack<NbdBlock> _idle = new();
    private Part[] _queue = new Part[64];
    private int _head;
    private int _count;
    private int _sendingCount;
    private long _sendingBytes;
    private NbdBlock? _current;
    private int _position;

    public NbdOutput(IoLoop loop, int socket, Action<int> sent, IFaultOwner owner)
    {
        _loop = loop;
        _socket = socket;
        _completion = new SendCompletion(this, sent, owner);
    }

    public long UnsentBytes { get; private set; }

    public bool IsSending => _completion.IsPending || _sendingCount > 0;

    public bool HasQueued => _count > 0;

    /// <summary>
    /// Room for a reply; the caller becomes a user of the block until the part was sent or <see cref="Release"/>d. With
    /// <paramref name="head"/>, the data behind a head of so many bytes lies on a cache line: the kernel copies three times as fast to there.
    /// </summary>
    public NbdBlock Reserve(int length, out int offset, int head = 0)
    {
        if (_current is { Users: 0 })
            _position = 0;
        if (head > 0)
            _position = ((_position + head + CacheLine - 1) & -CacheLine) - head;
        if (_current is null || _position + length > BlockSize)
        {
            var old = _current;
            _current = _idle.TryPop(out var block) ? block : new NbdBlock();
            _current.Buffer = _loop.Buffers.Rent(BlockSize);
            _position = head > 0 ? ((head + CacheLine - 1) & -CacheLine) - head : 0;
            if (old is { Users: 0 })
                Retire(old);
        }

        offset = _position;
        _position += length;
        _current.Users++;
        return _current;
    }

    /// <summary>Queues a reserved part. Its real length may be smaller than reserved.</summary>
    public void Enqueue(NbdBlock block, int offset, int length)
    {
        UnsentBytes += length;
        if (_count > 0)
        {
            ref var last = ref _queue[(_head + _count - 1) & (_queue.Length - 1)];
            if (last.Block == block && last.FileLength == 0 && last.Offset + last.Length == offset)
            {
                last.Length += length;
                last.Users++;
                return;
            }
        }

        Push(new Part { Block = block, Offset = offset, Length = length, Users = 1 });
    }

    /// <summary>Queues data in its own buffer, released once sent.</summary>
    public void Enqueue(NativeBuffer buffer, int length)
    {
        UnsentBytes += length;
        Push(new Part { Own = buffer, Length = length });
    }

    /// <summary>Queues a reserved head followed by bytes of a file that are in memory.</summary>
    public void Enqueue(NbdBlock block, int offset, int headLength, CachedRange range, int length)
    {
        UnsentBytes += headLength + length;
        Push(new Part { Block = block, Offset = offset, Length = headLength, Users = 1, File = range, FileLength = length });
    }

    /// <summary>Gives up reserved room without sending.</summary>
    public void Release(NbdBlock block, int users = 1)
    {
        block.Users -= users;
        if (block.Users == 0 && block != _current)
            Retire(block);
    }

    /// <summary>Starts one send of what is queued, if none is under way.</summary>
    public void Send(bool isPatient = false)
    {
        if (IsSending || _count == 0)
            return;
        while (_count > 0 && _sendingCount < MaxParts)
        {
            ref var part = ref _queue[_head];
            if (part.FileLength > 0 && _sendingCount > 0)
                break;
            var buffer = part.Own ?? part.Block!.Buffer!;
            _memory[_sendingCount] = buffer.Slice(part.Offset, part.Length);
            _sending[_sendingCount++] = part;
            _sendingBytes += part.Length + part.FileLength;
            part = default;
            _head = (_head + 1) & (_queue.Length - 1);
            _count--;
            if (_sending[0].FileLength > 0)
            {
                ref var file = ref _sending[0];
                _completion.IsPatient = false;
                _loop.SendFile(_socket, _memory[0], file.File.File, file.File.Offset, file.FileLength, _completion);
                return;
            }
        }

        _completion.IsPatient = isPatient && _count == 0;
        if (_sendingCount == 1)
            _loop.Send(_socket, _memory[0], _completion);
        else
            _loop.SendVectored(_socket, _memory.AsSpan(0, _sendingCount), _completion);
    }

    /// <summary>Drops what is queued.</summary>
    public void Discard()
    {
        while (_count > 0)
        {
            UnsentBytes -= _queue[_head].Length + _queue[_head].FileLength;
            Free(ref _queue[_head]);
            _head = (_head + 1) & (_queue.Length - 1);
            _count--;
        }
    }

    /// <summary>Frees the block in use; only when nothing is reserved, queued or being sent.</summary>
    public void Close()
    {
        if (_current is { } current)
        {
            _current = null;
            if (current.Users == 0)
                Retire(current);
        }
    }

    private void OnSent()
    {
        for (var i = 0; i < _sendingCount; i++)
        {
            _memory[i] = default;
            Free(ref _sending[i]);
        }

        UnsentBytes -= _sendingBytes;
        _sendingBytes = 0;
        _sendingCount = 0;
    }

    private void Free(ref Part part)
    {
        if (part.Block is not null)
            Release(part.Block, part.Users);
        else
            part.Own?.Release();
        part = default;
    }

    private void Retire(NbdBlock block)
    {
        block.Buffer!.Release();
        block.Buffer = null;
        _idle.Push(block);
    }

    private void Push(in Part part)
    {
        if (_count == _queue.Length)
        {
            var larger = new Part[_queue.Length * 2];
            for (var i = 0; i < _count; i++)
                larger[i] = _queue[(_head + i) & (_queue.Length - 1)];
            _queue = larger;
            _head = 0;
        }

        _queue[(_head + _count++) & (_queue.Length - 1)] = part;
    }

    private struct Part
    {
        public NbdBlock? Block;
        public NativeBuffer? Own;
        public int Offset;
        public int Length;
        public int Users;
        public CachedRange File;
        public int FileLength;
    }

    private sealed class SendCompletion(NbdOutput output, Action<int> sent, IFaultOwner owner) : IoCompletion, IFaultOwner
    {
        public void OnFault(Exception error) => owner.OnFault(error);

        public override void Complete(int result)
        {
            output.OnSent();
            sent(result);
        }
    }
}

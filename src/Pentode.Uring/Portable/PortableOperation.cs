using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Uring.Portable;

/// <summary>One operation under way: its arguments and how far it got. Pooled by its loop.</summary>
internal sealed class PortableOperation
{
    public const int MaxParts = 64;

    private readonly IoVector[] _vectors = new IoVector[MaxParts];
    private int _firstPart;
    private int _partCount;
    private volatile bool _isCancelAsked;

    public OperationKind Kind { get; set; }

    public IoCompletion Completion { get; set; } = null!;

    public int Descriptor { get; set; }

    public Memory<byte> Buffer { get; set; }

    public ReadOnlyMemory<byte> Source { get; set; }

    /// <summary>Holds the memory of the parts alive while the kernel reads them.</summary>
    public ReadOnlyMemory<byte>[] Parts { get; } = new ReadOnlyMemory<byte>[MaxParts];

    public int Done { get; set; }

    /// <summary>waitAll of a receive, dataSync of a write, dataOnly of an fsync.</summary>
    public bool Flag { get; set; }

    /// <summary>fallocate mode or poll events.</summary>
    public int Mode { get; set; }

    public long Offset { get; set; }

    public long Length { get; set; }

    public Func<object?, int>? Job { get; set; }

    public object? State { get; set; }

    /// <summary>Set once the result is known and only the completion has to run.</summary>
    public bool IsEnded { get; set; }

    public int Result { get; set; }

    /// <summary>Read by the worker before it begins.</summary>
    public bool IsCancelAsked
    {
        get => _isCancelAsked;
        set => _isCancelAsked = value;
    }

    public void Clear()
    {
        Kind = OperationKind.Nothing;
        Completion = null!;
        Buffer = default;
        Source = default;
        Array.Clear(Parts, 0, _partCount);
        _partCount = 0;
        _firstPart = 0;
        Done = 0;
        Job = null;
        State = null;
        IsEnded = false;
        IsCancelAsked = false;
    }

    public unsafe void SetParts(ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        parts.CopyTo(Parts);
        _partCount = parts.Length;
        for (var i = 0; i < parts.Length; i++)
        {
            ref var first = ref MemoryMarshal.GetReference(parts[i].Span);
            _vectors[i] = new IoVector { Base = (byte*)Unsafe.AsPointer(ref first), Length = (nuint)parts[i].Length };
        }
    }

    /// <summary>One attempt of a socket operation; -EAGAIN when it has to wait for readiness.</summary>
    public int TryOnce() => Kind switch
    {
        OperationKind.Receive => TryReceive(),
        OperationKind.Send => TrySend(),
        OperationKind.Connect => SocketCalls.PendingError(Descriptor),
        _ => -(int)Errno.EINVAL,
    };

    /// <summary>The whole of a file operation or job, on a worker.</summary>
    public int RunOnWorker()
    {
        if (IsCancelAsked)
            return -(int)Errno.ECANCELED;
        return Kind switch
        {
            OperationKind.Read => ReadAll(),
            OperationKind.Write when Flag => FileCalls.PwriteDurable(Descriptor, Source.Span, Offset),
            OperationKind.Write => FileCalls.Pwrite(Descriptor, Source.Span, Offset),
            OperationKind.Fsync => Flag ? FileCalls.Fdatasync(Descriptor) : FileCalls.Fsync(Descriptor),
            OperationKind.Fallocate => FileCalls.Fallocate(Descriptor, Mode, Offset, Length),
            OperationKind.Job => Job!(State),
            _ => -(int)Errno.EINVAL,
        };
    }

    private int TryReceive()
    {
        while (true)
        {
            var got = SocketCalls.Receive(Descriptor, Buffer.Span[Done..]);
            if (got <= 0)
                return got == -(int)Errno.EAGAIN || Done == 0 ? got : Done;
            Done += got;
            if (!Flag || Done == Buffer.Length)
                return Done;
        }
    }

    private unsafe int TrySend()
    {
        while (true)
        {
            var sent = SocketCalls.Send(Descriptor, _vectors.AsSpan(_firstPart, _partCount - _firstPart));
            if (sent < 0)
                return sent;
            Done += sent;
            while (_firstPart < _partCount && (nuint)sent >= _vectors[_firstPart].Length)
                sent -= (int)_vectors[_firstPart++].Length;
            if (_firstPart == _partCount)
                return Done;
            _vectors[_firstPart].Base += sent;
            _vectors[_firstPart].Length -= (nuint)sent;
        }
    }

    private int ReadAll()
    {
        var buffer = Buffer.Span;
        var done = 0;
        do
        {
            var got = FileCalls.Pread(Descriptor, buffer[done..], Offset + done);
            if (got <= 0)
                return done > 0 ? done : got;
            done += got;
        }
        while (done < buffer.Length);
        return done;
    }
}

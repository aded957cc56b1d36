using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Files;
using Pentode.NineP.Wire;
using Pentode.Uring.Streams;

namespace Pentode.NineP.Server;

/// <summary>One request under way; pooled per connection.</summary>
internal sealed class Request
{
    private readonly NinePConnection _connection;
    private byte[] _scratch = new byte[256];
    private ValueTask<Errno> _task;
    private CancellationTokenSource? _cancel;

    public Request(NinePConnection connection)
    {
        _connection = connection;
        Continue = () => _connection.Continue(this);
    }

    public P9Type Type { get; set; }

    public ushort Tag { get; set; }

    /// <summary>Room for the qids of a walk.</summary>
    public byte[] Qids { get; } = new byte[P9Limits.MaxWalkNames * Qid.Size];

    public int Epoch { get; set; }

    /// <summary>Called when a handler that could not end at once has ended.</summary>
    public Action Continue { get; }

    /// <summary>The body: a copy, except for writes, which hold the receive buffer.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    public ReceiveBuffer? Receive { get; set; }

    public Fid? First { get; set; }

    public Fid? Second { get; set; }

    /// <summary>Where a walk or an attach has got to: a reference that goes with the request.</summary>
    public INode? Node { get; set; }

    /// <summary>Reply in its own buffer (reads), sent without a copy when large.</summary>
    public NativeBuffer? Reply { get; set; }

    /// <summary>Bytes this request adds to what its connection holds.</summary>
    public int HeldBytes { get; set; }

    /// <summary>The reply is in the output.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Tags of Tflush to be answered after this request.</summary>
    public List<ushort>? Flushes { get; set; }

    public bool IsPending { get; set; }

    /// <summary>When it arrived, if traced.</summary>
    public long TraceStart { get; set; }

    /// <summary>A lock that waits.</summary>
    public LockOwner? LockOwner { get; set; }

    public LockType LockType { get; set; }

    public long LockStart { get; set; }

    public long LockLength { get; set; }

    public bool LockMayWait { get; set; }

    public long LockDeadline { get; set; }

    /// <summary>Set when the client gives the request up.</summary>
    public CancellationToken Token => (_cancel ??= new CancellationTokenSource()).Token;

    /// <summary>The client has given up.</summary>
    public bool IsGivenUp => _cancel?.IsCancellationRequested == true;

    /// <summary>The client gives up.</summary>
    public void GiveUp() => _cancel?.Cancel();

    /// <summary>Ready for the next one.</summary>
    public void ForgetGivingUp()
    {
        if (_cancel is null || _cancel.TryReset())
            return;
        _cancel.Dispose();
        _cancel = null;
    }

    /// <summary>Has <see cref="Continue"/> called when the handler ends. Allocates nothing.</summary>
    public void Await(ValueTask<Errno> task)
    {
        _task = task;
        task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(Continue);
    }

    /// <summary>The result of the awaited handler; throws what it threw. Once.</summary>
    public Errno TakeResult()
    {
        var task = _task;
        _task = default;
        return task.GetAwaiter().GetResult();
    }

    public void CopyBody(ReadOnlySpan<byte> body)
    {
        if (_scratch.Length < body.Length)
            _scratch = new byte[body.Length];
        body.CopyTo(_scratch);
        Body = _scratch.AsMemory(0, body.Length);
    }

    /// <summary>The part of the body behind a span read from it, good for as long as the request lives.</summary>
    public ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> part) =>
        Body.Span.Overlaps(part, out var offset) ? Body.Slice(offset < 0 ? -offset : offset, part.Length) : default;

    public FileName Name(ReadOnlySpan<byte> part) => new(Keep(part));
}

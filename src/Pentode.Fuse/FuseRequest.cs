using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Fuse.Wire;

namespace Pentode.Fuse;

/// <summary>One request under way; pooled per session.</summary>
internal sealed class FuseRequest
{
    private const int KeptScratch = 4096;

    private readonly FuseSession _session;
    private byte[] _scratch = new byte[512];
    private ValueTask<Errno> _task;
    private CancellationTokenSource? _cancel;

    public FuseRequest(FuseSession session)
    {
        _session = session;
        Continue = () => _session.Continue(this);
    }

    public FuseOpcode Opcode { get; set; }

    public ulong Unique { get; set; }

    public ulong NodeId { get; set; }

    public uint Pid { get; set; }

    public Credentials Who { get; set; } = Credentials.Nobody;

    /// <summary>Called when a handler that could not end at once has ended.</summary>
    public Action Continue { get; }

    /// <summary>What follows the header: a copy, except for writes, which hold the buffer they came in.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>The buffer a write came in.</summary>
    public NativeBuffer? Input { get; private set; }

    /// <summary>The buffer of the answer.</summary>
    public NativeBuffer? Reply { get; set; }

    /// <summary>Nodes and file it uses.</summary>
    public FuseNode? Node { get; set; }

    /// <summary>The other node of a rename or link.</summary>
    public FuseNode? Second { get; set; }

    /// <summary>The file it uses.</summary>
    public FuseHandle? Handle { get; set; }

    public bool IsAnswered { get; set; }

    public bool IsPending { get; set; }

    /// <summary>Cancelled when the caller gives up.</summary>
    public CancellationToken Token => (_cancel ??= new CancellationTokenSource()).Token;

    /// <summary>The caller has given up.</summary>
    public bool IsGivenUp => _cancel?.IsCancellationRequested == true;

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

    /// <summary>The caller gives up.</summary>
    public void Interrupt() => _cancel?.Cancel();

    public void CopyBody(ReadOnlySpan<byte> body)
    {
        if (_scratch.Length < body.Length)
            _scratch = new byte[body.Length];
        body.CopyTo(_scratch);
        Body = _scratch.AsMemory(0, body.Length);
    }

    public void TakeInput(NativeBuffer buffer, int start, int length)
    {
        Input = buffer;
        Body = buffer.Slice(start, length);
    }

    /// <summary>Lets go of everything, ready to be used again.</summary>
    public void Reset()
    {
        Node = Second = null;
        Handle = null;
        Reply?.Release();
        Reply = null;
        Input?.Release();
        Input = null;
        Body = default;
        IsAnswered = IsPending = false;
        if (_scratch.Length > KeptScratch)
            _scratch = new byte[KeptScratch];
        if (_cancel is not null && !_cancel.TryReset())
        {
            _cancel.Dispose();
            _cancel = null;
        }
    }
}

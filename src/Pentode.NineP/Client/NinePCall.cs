using System.Threading.Tasks.Sources;
using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Wire;
using Pentode.Uring.Streams;

namespace Pentode.NineP.Client;

/// <summary>A request under way, pooled. It is awaited once, by the type its method returns; the continuation runs inline on the loop.</summary>
internal sealed class NinePCall(NinePClient client) :
    IValueTaskSource<Errno>,
    IValueTaskSource<Result<int>>,
    IValueTaskSource<Result<ulong>>,
    IValueTaskSource<Result<Qid>>,
    IValueTaskSource<Result<NinePNode>>,
    IValueTaskSource<Result<NinePOpened>>,
    IValueTaskSource<Result<NinePAttributes>>,
    IValueTaskSource<Result<byte[]>>,
    IValueTaskSource<Result<FileSystemStatistics>>,
    IValueTaskSource<Result<NinePLock>>,
    IValueTaskSource<Result<NinePLockStatus>>,
    IStreamPart
{
    private ManualResetValueTaskSourceCore<bool> _core;

    /// <inheritdoc/>
    void IStreamPart.OnLeft() => client.Left(this);

    public P9Type Type { get; set; }

    public ushort Tag { get; set; }

    /// <summary>Told apart from later uses of the same object.</summary>
    public long Generation { get; private set; }

    public uint Fid { get; set; } = P9Limits.NoFid;

    /// <summary>The fid the request makes; belongs to nobody when it fails.</summary>
    public uint NewFid { get; set; } = P9Limits.NoFid;

    /// <summary>Most bytes, or names, the answer may hold.</summary>
    public int Limit { get; set; }

    /// <summary>Where the data of Rread goes.</summary>
    public Memory<byte> Destination { get; set; }

    /// <summary>Where the entries of Rreaddir go.</summary>
    public List<NinePEntry>? Entries { get; set; }

    /// <summary>The socket still reads from the caller's memory.</summary>
    public bool IsUnsent { get; set; }

    public bool HasReply { get; set; }

    /// <summary>A Tflush of this request is unanswered: the tag stays taken.</summary>
    public bool IsFlushing { get; set; }

    /// <summary>For Tflush: what it flushes.</summary>
    public NinePCall? Flushed { get; set; }

    /// <summary>Nobody waits.</summary>
    public bool IsForgotten { get; set; }

    public CancellationTokenRegistration Registration { get; set; }

    public Errno Error { get; set; }

    public Qid Qid { get; set; }

    public int Number { get; set; }

    public ulong LongNumber { get; set; }

    public NinePAttributes Attributes { get; set; }

    /// <summary>Answers that are rare and of changing size.</summary>
    public object? Extra { get; set; }

    public short Version => _core.Version;

    public void Complete()
    {
        if (IsForgotten)
            Recycle();
        else
            _core.SetResult(true);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    Errno IValueTaskSource<Errno>.GetResult(short token) => Take(token, Error);

    Result<int> IValueTaskSource<Result<int>>.GetResult(short token) => TakeResult<int>(token, Number);

    Result<ulong> IValueTaskSource<Result<ulong>>.GetResult(short token) => TakeResult<ulong>(token, LongNumber);

    Result<Qid> IValueTaskSource<Result<Qid>>.GetResult(short token) => TakeResult<Qid>(token, Qid);

    Result<NinePNode> IValueTaskSource<Result<NinePNode>>.GetResult(short token) => TakeResult<NinePNode>(token, new NinePNode(NewFid, Qid));

    Result<NinePOpened> IValueTaskSource<Result<NinePOpened>>.GetResult(short token) => TakeResult<NinePOpened>(token, new NinePOpened(Qid, Number));

    Result<NinePAttributes> IValueTaskSource<Result<NinePAttributes>>.GetResult(short token) => TakeResult<NinePAttributes>(token, Attributes);

    Result<byte[]> IValueTaskSource<Result<byte[]>>.GetResult(short token) => TakeExtra<byte[]>(token);

    Result<FileSystemStatistics> IValueTaskSource<Result<FileSystemStatistics>>.GetResult(short token) =>
        TakeResult<FileSystemStatistics>(token, Error == Errno.None ? (FileSystemStatistics)Extra! : Error);

    Result<NinePLock> IValueTaskSource<Result<NinePLock>>.GetResult(short token) => TakeExtra<NinePLock>(token);

    Result<NinePLockStatus> IValueTaskSource<Result<NinePLockStatus>>.GetResult(short token) => TakeResult<NinePLockStatus>(token, (NinePLockStatus)Number);

    /// <summary>Forgets everything and goes back to the pool.</summary>
    public void Recycle()
    {
        Generation++;
        Type = P9Type.None;
        Fid = NewFid = P9Limits.NoFid;
        Limit = Number = 0;
        LongNumber = 0;
        Qid = default;
        Destination = default;
        Entries = null;
        IsUnsent = HasReply = IsFlushing = IsForgotten = false;
        Flushed = null;
        Registration = default;
        Error = Errno.None;
        Extra = null;
        _core.Reset();
        client.Return(this);
    }

    private Result<T> TakeResult<T>(short token, Result<T> value) => Take(token, Error == Errno.None ? value : Error);

    private Result<T> TakeExtra<T>(short token)
        where T : class => TakeResult<T>(token, Error == Errno.None ? (T)Extra! : Error);

    private TValue Take<TValue>(short token, TValue value)
    {
        _core.GetResult(token);
        Recycle();
        return value;
    }
}

using System.Diagnostics;
using Pentode.Core.Buffers;

namespace Pentode.Uring;

/// <summary>
/// One thread that owns sockets, files, buffers and timers and runs everything that belongs to them. Start operations from its own thread
/// only (<see cref="IsCurrent"/>); the exceptions are <see cref="Post"/> and <see cref="StopAsync"/>. Memory given to an operation must be
/// pinned (a <see cref="NativeBuffer"/> or a pinned array) and stay alive until the completion runs. Results are what the system call
/// returns, or a negative errno; a cancelled operation ends with -ECANCELED.
/// </summary>
public abstract partial class IoLoop
{
    [ThreadStatic]
    private static IoLoop? t_current;

    private long _turns;
    private long _completions;
    private long _requests;
    private int _turnRequests;

    /// <summary>Sets the options and the pool; the thread is started by <see cref="Start"/>.</summary>
    protected IoLoop(LoopOptions options)
    {
        Options = options;
        Buffers = new BufferPool(options.KeepBufferBytes);
    }

    /// <summary>The loop of this thread, or null off the loops.</summary>
    public static IoLoop? Current
    {
        get => t_current;
        protected set => t_current = value;
    }

    /// <summary>The options it was made with.</summary>
    public LoopOptions Options { get; }

    /// <summary>Buffers of this loop; rent and release on its thread only.</summary>
    public BufferPool Buffers { get; }

    /// <summary>True on the loop's own thread.</summary>
    public bool IsCurrent => t_current == this;

    /// <summary>"ring" or "portable".</summary>
    public abstract string Engine { get; }

    /// <summary>Milliseconds since an arbitrary start (monotonic), read once a turn.</summary>
    public abstract long NowMs { get; }

    /// <summary>Operations under way.</summary>
    public abstract int PendingOperations { get; }

    /// <summary>Turns run so far; completions per turn tell how well work is batched. Any thread, perhaps a little behind.</summary>
    public long Turns => Volatile.Read(ref _turns);

    /// <summary>Completions handled so far. Any thread, perhaps a little behind.</summary>
    public long Completions => Volatile.Read(ref _completions);

    /// <summary>Requests taken by the front ends of this loop so far. Any thread, perhaps a little behind.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>
    /// A front end took <paramref name="count"/> requests from what one receive brought. The rule that decides how long a turn may wait
    /// for more lives on this. Loop thread only.
    /// </summary>
    public void CountRequests(int count) => _turnRequests += count;

    /// <summary>Starts the thread; returns when the loop serves, or throws what made it fail.</summary>
    public abstract void Start();

    /// <summary>Stops: runs what was posted, cancels what is under way, waits for every completion, frees the memory. Any thread but its own.</summary>
    public abstract Task StopAsync();

    /// <summary>Runs <paramref name="callback"/> on the loop, in order of posting. Any thread. Ignored after stop.</summary>
    public abstract void Post(Action<object?> callback, object? state = null);

    /// <summary>Runs <paramref name="item"/> at the end of this turn: once, however often it is added. During a turn end it means the next turn.</summary>
    public abstract void AtTurnEnd(ITurnEnd item);

    /// <summary>Accepts connections on a listening socket until <see cref="StopAccepting"/>.</summary>
    public abstract void Accept(int listener, IAcceptSink sink);

    /// <summary>Ends accepting; the sink hears of it. The caller still owns the listener.</summary>
    public abstract void StopAccepting(int listener);

    /// <summary>Connects a socket to a raw socket address.</summary>
    public abstract void Connect(int socket, ReadOnlySpan<byte> address, IoCompletion completion);

    /// <summary>Receives what is there, at most the buffer; 0 is the end of the stream. With <paramref name="waitAll"/> fills the buffer unless the stream ends.</summary>
    public abstract void Receive(int socket, Memory<byte> buffer, IoCompletion completion, bool waitAll = false);

    /// <summary>Sends all of the buffer (short sends are continued); one send at a time per socket.</summary>
    public abstract void Send(int socket, ReadOnlyMemory<byte> buffer, IoCompletion completion);

    /// <summary>Sends all parts as one vectored send; at most 64 parts. The span is copied before return; the memory is not.</summary>
    public abstract void SendVectored(int socket, ReadOnlySpan<ReadOnlyMemory<byte>> parts, IoCompletion completion);

    /// <summary>Reads from a file at an offset; fewer bytes only at the end of the file.</summary>
    public abstract void Read(int file, Memory<byte> buffer, long offset, IoCompletion completion);

    /// <summary>Writes to a file at an offset (may be short); with <paramref name="dataSync"/> returns after the data is durable (RWF_DSYNC).</summary>
    public abstract void Write(int file, ReadOnlyMemory<byte> buffer, long offset, bool dataSync, IoCompletion completion);

    /// <summary>fsync(2), or fdatasync(2) with <paramref name="dataOnly"/>.</summary>
    public abstract void Fsync(int file, bool dataOnly, IoCompletion completion);

    /// <summary>fallocate(2).</summary>
    public abstract void Fallocate(int file, int mode, long offset, long length, IoCompletion completion);

    /// <summary>Waits until a descriptor is ready (poll(2) event bits); the result holds the bits.</summary>
    public abstract void Poll(int descriptor, int events, IoCompletion completion);

    /// <summary>Ends with 0 after <paramref name="milliseconds"/>, with -ECANCELED if cancelled.</summary>
    public abstract void Delay(long milliseconds, IoCompletion completion);

    /// <summary>Asks to end an operation early; its completion always runs, with -ECANCELED if the cancel won.</summary>
    public abstract void Cancel(IoCompletion completion);

    /// <summary>Runs a blocking call on a worker thread and completes on the loop with what it returned; -EAGAIN when too many wait.</summary>
    public abstract void RunBlocking(Func<object?, int> job, object? state, IoCompletion completion);

    /// <summary>Closes a descriptor that has no operation under way.</summary>
    public abstract void Close(int descriptor);

    /// <summary>The clock of timers. Environment.TickCount64 goes by the kernel's coarse clock and would let them run up to 4 ms early.</summary>
    private protected static long MonotonicMs() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <summary>Counts a turn and what it completes; engines call it once a turn.</summary>
    protected void CountTurn(int completions)
    {
        Volatile.Write(ref _turns, _turns + 1);
        Volatile.Write(ref _completions, _completions + completions);
    }

    /// <summary>Requests counted since the last call; engines call it once a turn.</summary>
    protected int TakeTurnRequests()
    {
        var count = _turnRequests;
        _turnRequests = 0;
        Volatile.Write(ref _requests, _requests + count);
        return count;
    }
}

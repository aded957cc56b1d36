using System.Runtime.CompilerServices;
using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Server;

/// <summary>One request under way. Pooled by its session; the awaiting delegate is made once.</summary>
internal sealed class NbdRequest
{
    private readonly NbdSession _session;
    private readonly Action _continuation;
    private ValueTaskAwaiter<Errno> _awaiter;

    public NbdRequest(NbdSession session)
    {
        _session = session;
        _continuation = Resume;
    }

    public NbdCommand Type { get; set; }

    public NbdCommandFlags Flags { get; set; }

    public ulong Cookie { get; set; }

    public long Offset { get; set; }

    public int Length { get; set; }

    /// <summary>When it arrived, in Stopwatch ticks; set only while tracing.</summary>
    public long TraceStart { get; set; }

    /// <summary>Reply slot, when the reply is built in a shared block.</summary>
    public NbdBlock? Slot { get; set; }

    public int SlotOffset { get; set; }

    /// <summary>The write of which this is a piece; null for requests.</summary>
    public NbdRequest? Parent { get; set; }

    /// <summary>Pieces of this write under way, and one while it is still being received.</summary>
    public int Pieces { get; set; }

    /// <summary>Bytes of this write that have arrived.</summary>
    public int Received { get; set; }

    /// <summary>The first error of its pieces.</summary>
    public Errno Error { get; set; }

    /// <summary>The receive block in which the payload of a write lies; null when it has its own <see cref="Buffer"/>.</summary>
    public NbdBlock? Input { get; set; }

    public int InputOffset { get; set; }

    /// <summary>The payload of a write.</summary>
    public ReadOnlyMemory<byte> Payload => Input is null ? Buffer!.Slice(0, Length) : Input.Buffer!.Slice(InputOffset, Length);

    /// <summary>Data of a large read, or of a write that did not arrive whole.</summary>
    public NativeBuffer? Buffer { get; set; }

    /// <summary>Where the data of a large read lies in memory, when it need not be read.</summary>
    public CachedRange? Cached { get; set; }

    public List<BlockExtent> Extents { get; } = [];

    public void Await(ValueTask<Errno> task)
    {
        if (task.IsCompletedSuccessfully)
        {
            _session.Finish(this, task.Result);
            return;
        }

        _awaiter = task.GetAwaiter();
        if (_awaiter.IsCompleted)
            Resume();
        else
            _awaiter.UnsafeOnCompleted(_continuation);
    }

    // A backend may end a call on any thread; everything of a session belongs to its loop.
    private void Resume()
    {
        if (!_session.Loop.IsCurrent)
        {
            _session.Loop.Post(static request => ((NbdRequest)request!).Resume(), this);
            return;
        }

        var error = Errno.EIO;
        try
        {
            error = _awaiter.GetResult();
        }
        catch (Exception e)
        {
            _session.OnRequestFault(e);
        }

        _session.Finish(this, error);
    }
}

namespace Pentode.Uring.Ring;

/// <summary>State of one operation under way. Owned by the loop thread.</summary>
internal unsafe struct RingSlot
{
    public IoCompletion? Completion;
    public IAcceptSink? Sink;
    public RingSidecar* Sidecar;
    public byte* Address;
    public long Offset;

    /// <summary>Bytes still to move.</summary>
    public long Remaining;

    /// <summary>Bytes moved by earlier submissions of the same operation.</summary>
    public long Done;

    public int Descriptor;

    /// <summary>Operation flags of the entry, or the mode of fallocate.</summary>
    public uint Flags;

    public uint Generation;
    public int NextFree;
    public RingOperation Kind;

    /// <summary>Waiting for readiness because the descriptor is non-blocking and gave EAGAIN.</summary>
    public bool IsPolling;

    /// <summary>A send that reports only failure: no news by the time the loop wakes is good news.</summary>
    public bool IsLazy;

    public bool IsCancelled;
}

using System.Runtime.InteropServices;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>A slot for an operation of a client.</summary>
internal sealed unsafe class EngineTask(int index)
{
    /// <summary>Bytes of <see cref="Control"/>.</summary>
    public const int ControlBytes = 64;

    /// <summary>Asked to end for want of shots.</summary>
    public const int ToRest = -1;

    /// <summary>An <see cref="Outcome"/>: its chain was broken before it.</summary>
    public const int NotRun = int.MinValue;

    public int Index { get; } = index;

    /// <summary>Tells the uses of this slot apart.</summary>
    public uint Generation;

    public EngineTaskState State;

    public EngineSession Session = null!;

    public RingsSubmission Entry;

    public OperationRule Rule;

    /// <summary>Came by the shared ring.</summary>
    public bool IsFromRing;

    /// <summary>Where the data are, in a region or in <see cref="Block"/>.</summary>
    public byte* Data;

    /// <summary>Where the result goes for STATX and GETXATTR, and the address for ACCEPT.</summary>
    public byte* Output;

    public EngineBlock Block;

    /// <summary>The result is payload in <see cref="Block"/>, from this offset on; -1: no payload.</summary>
    public int PayloadAt;

    public EngineFile? File;

    public EngineFile? SecondFile;

    /// <summary>Slot kept for the file it makes.</summary>
    public EngineFile? NewFile;

    /// <summary>Bit n: uses the region of slot n.</summary>
    public ulong Regions;

    public uint ChainFile;

    /// <summary>The next one of its chain, done by the same thread right behind it.</summary>
    public EngineTask? Follower;

    /// <summary>What a thread for files in memory made of it.</summary>
    public int Outcome;

    public EngineTask? ChainNext;

    public EngineTask? ChainPrevious;

    /// <summary>In the list of all of the session.</summary>
    public EngineTask? Next;

    public EngineTask? Previous;

    /// <summary>In the queue of those that wait for their turn.</summary>
    public EngineTask? QueueNext;

    public EngineTask? QueuePrevious;

    public bool IsInQueue;

    /// <summary>Bytes it is to move.</summary>
    public long Bytes;

    /// <summary>Cost of its turn.</summary>
    public long Cost;

    /// <summary>Bytes counted against what the kernel may hold; -1: not counted.</summary>
    public long KernelBytes;

    /// <summary>One of the operations of its client that the kernel holds.</summary>
    public bool IsCounted;

    public long TakenAt;

    public long StartedAt;

    /// <summary>Time of the deadline, or long.MaxValue.</summary>
    public long DeadlineAt;

    /// <summary>Time of the next tick, or long.MaxValue.</summary>
    public long TickAt;

    public ulong Ticks;

    /// <summary>Place in the heap of times, or -1.</summary>
    public int HeapIndex = -1;

    /// <summary>Why it was asked to end: 0, ECANCELED, ETIME, or <see cref="ToRest"/>.</summary>
    public int EndReason;

    /// <summary>A POLL of the kernel that goes on.</summary>
    public bool IsKernelMultishot;

    /// <summary>Next slice of a multishot RECV; events a multishot POLL without shots has seen.</summary>
    public ulong Slice;

    public uint Shots;

    public int ClosingDescriptor;

    /// <summary>Memory the kernel reads and writes besides the data.</summary>
    public byte* Control { get; } = (byte*)NativeMemory.AlignedAlloc(ControlBytes, 64);

    public long DueAt => Math.Min(DeadlineAt, TickAt);

    public void FreeControl() => NativeMemory.AlignedFree(Control);
}

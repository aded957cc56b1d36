using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>A slot for a task in flight. The kernel reads and writes its memory until the completion.</summary>
internal sealed unsafe class RingsTask
{
    /// <summary>Room for what an operation points to besides its data: a timespec, an address length, an open_how.</summary>
    public const int ControlBytes = 64;

    public RingsTask(int index, byte* memory)
    {
        Index = index;
        Memory = memory;
    }

    /// <summary>Place in the table.</summary>
    public int Index { get; }

    /// <summary><see cref="ControlBytes"/> bytes, then io_bytes_max bytes of data.</summary>
    public byte* Memory { get; }

    /// <summary>Where the data are.</summary>
    public byte* Data => Memory + ControlBytes;

    /// <summary>Tells the uses of this slot apart.</summary>
    public uint Generation;

    /// <summary>Task id; 0 for a free slot.</summary>
    public ulong Id;

    public RingsKind Kind;

    public RingsPriority Priority;

    /// <summary>Who asked; may be gone.</summary>
    public RingsSession? Owner;

    /// <summary>Resource named by the request.</summary>
    public uint Resource;

    /// <summary>Descriptor used, closed or, for ACCEPT and OPENAT, to be filled.</summary>
    public RingsFile? File;

    /// <summary>ACCEPT and OPENAT: slot of the new descriptor.</summary>
    public RingsFile? NewFile;

    public RingsBuffer? Buffer;

    /// <summary>Bytes asked for.</summary>
    public uint Length;

    /// <summary>CLOSE: the descriptor on its way out.</summary>
    public int ClosingDescriptor;

    /// <summary>Bytes of the owner's output kept free for the completion.</summary>
    public int Reserved;

    /// <summary>Bytes that count against the limits of bytes in flight.</summary>
    public uint CountedBytes;

    /// <summary>When it was accepted; kept only under a limit of time.</summary>
    public long StartedAt;

    /// <summary>Was cancelled because its time is over.</summary>
    public bool IsOverdue;

    /// <summary>OPENAT: what the open file is to be set to, or -1: it is as asked for.</summary>
    public int StatusFlags;

    /// <summary>A read from memory, made right here.</summary>
    public bool IsHere;

    /// <summary>Accepted and not with the kernel.</summary>
    public bool IsWaiting;

    /// <summary>Was cancelled while it waited.</summary>
    public bool IsCancelled;

    /// <summary>It is this task's turn at a pipe.</summary>
    public bool HasTurn;

    public bool IsTransfer => Kind is >= RingsKind.SockRead and <= RingsKind.FileWrite;

    /// <summary>Where the bytes go to or come from.</summary>
    public byte* Bytes => Buffer is { } buffer ? buffer.Memory : Data;

    public bool IsRead => Kind is RingsKind.SockRead or RingsKind.FileRead or RingsKind.SockReadFixed;

    public bool UsesCredit => Kind != RingsKind.Cancel;
}

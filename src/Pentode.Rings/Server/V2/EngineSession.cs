using System.Diagnostics;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>One connection of protocol 2. Lives on the thread of the engine; only the counts are read elsewhere.</summary>
internal sealed unsafe class EngineSession
{
    public const int InputCapacity = RingsWire2.MaxMessage + 4096;
    public const int OutputCapacity = 2 * RingsWire2.MaxMessage;

    private int _inputStart;
    private int _inputEnd;
    private int _outputStart;
    private int _outputEnd;

    public EngineSession(int socket, int slot, uint number, EngineLimits limits, EnginePlace place)
    {
        Socket = socket;
        Slot = slot;
        Number = number;
        Limits = limits;
        Place = place;
        InputBase = place.Memory.Input;
        OutputBase = place.Memory.Output;
        QueueNode = new LinkedListNode<EngineSession>(this);
        AcceptedAt = ProgressAt = Stopwatch.GetTimestamp();
    }

    public int Socket { get; }

    public int Slot { get; }

    /// <summary>Tells the users of a slot apart, and names the client in listings.</summary>
    public uint Number { get; }

    public EngineLimits Limits { get; }

    /// <summary>What it has from the connection before it and leaves to the next.</summary>
    public EnginePlace Place { get; }

    public byte* InputBase { get; }

    public byte* OutputBase { get; }

    public EngineFile?[] Files => Place.Files;

    public EngineRegion?[] Regions => Place.Regions;

    public EngineRing? Ring { get; set; }

    public Queue<int> Descriptors => Place.Descriptors;

    public (int Pid, uint Uid, uint Gid) Peer { get; init; }

    /// <summary>Credentials it acts with.</summary>
    public required RingsIdentity Identity { get; init; }

    /// <summary>What all connections of its user hold together.</summary>
    public required RingsUser User { get; init; }

    /// <summary>Bytes of its operations under way.</summary>
    public long Bytes { get; set; }

    /// <summary>Share in force.</summary>
    public int Weight { get; set; }

    /// <summary>Share of its user.</summary>
    public required int MostWeight { get; init; }

    public long AcceptedAt { get; }

    /// <summary>When output last moved or began to wait.</summary>
    public long ProgressAt { get; set; }

    public bool IsGone { get; set; }

    public bool IsEnding { get; set; }

    public bool IsReadable { get; set; }

    public bool IsReadArmed { get; set; }

    public bool IsWriteArmed { get; set; }

    /// <summary>The end of a client that is not read from is waited for.</summary>
    public bool IsHangUpArmed { get; set; }

    public bool IsActive { get; set; }

    /// <summary>Has a whole message in its input, or may have.</summary>
    public bool MayParse { get; set; }

    /// <summary>Requests of the kernel that touch this object: polls of its socket, its doorbell, its wake.</summary>
    public int KernelUses { get; set; }

    public int FileCount { get; private set; }

    public bool HasFreeFile => FileCount < Files.Length;

    public int RegionCount { get; set; }

    public ulong RegionBytes { get; set; }

    /// <summary>Operations the kernel holds, those that merely wait left out.</summary>
    public int KernelOperations { get; set; }

    public int CreditsUsed { get; set; }

    /// <summary>All operations.</summary>
    public EngineTask? Tasks { get; set; }

    public int TaskCount { get; set; }

    /// <summary>Those that wait for their turn.</summary>
    public EngineTask? QueueFirst { get; set; }

    public EngineTask? QueueLast { get; set; }

    /// <summary>Its place among those that wait for a turn.</summary>
    public LinkedListNode<EngineSession> QueueNode { get; }

    public bool IsQueued { get; set; }

    public bool IsInTurn { get; set; }

    public long Deficit { get; set; }

    public Queue<EngineReady> SocketReady => Place.SocketReady;

    public Queue<RingsCompletionRecord> RingReady => Place.RingReady;

    /// <summary>For each of <see cref="RingReady"/>: it returns a credit.</summary>
    public Queue<bool> RingCredits => Place.RingCredits;

    public LatencyCounts Waits => Place.Waits;

    public LatencyCounts Totals => Place.Totals;

    public long Taken;

    public long Refused;

    public long Completions;

    public long Failed;

    public long BytesRead;

    public long BytesWritten;

    public ReadOnlySpan<byte> Input => new(InputBase + _inputStart, _inputEnd - _inputStart);

    public byte* InputPointer => InputBase + _inputStart;

    public int OutputPending => _outputEnd - _outputStart;

    public int OutputFree => OutputCapacity - OutputPending;

    public byte* OutputPointer => OutputBase + _outputStart;

    public RingsClientStats Stats => new()
    {
        Taken = (ulong)Taken,
        Refused = (ulong)Refused,
        Completions = (ulong)Completions,
        BytesRead = (ulong)BytesRead,
        BytesWritten = (ulong)BytesWritten,
        UnderWay = (uint)TaskCount,
        Files = (uint)FileCount,
        Regions = (uint)RegionCount,
        Weight = (uint)Weight,
        RegionBytes = RegionBytes,
        Failed = (ulong)Failed,
        Waits = Waits.Counts,
        Totals = Totals.Counts,
    };

    public byte* InputRoom(out int length)
    {
        if (_inputStart > 0)
        {
            Input.CopyTo(new Span<byte>(InputBase, InputCapacity));
            _inputEnd -= _inputStart;
            _inputStart = 0;
        }

        length = InputCapacity - _inputEnd;
        return InputBase + _inputEnd;
    }

    public void Received(int count) => _inputEnd += count;

    public void Consume(int count) => _inputStart += count;

    public void DropInput() => _inputStart = _inputEnd = 0;

    /// <summary>Space for output; the caller looked at <see cref="OutputFree"/>.</summary>
    public Span<byte> Reply(int length)
    {
        if (OutputPending == 0)
            ProgressAt = Stopwatch.GetTimestamp();
        if (_outputEnd + length > OutputCapacity)
        {
            new Span<byte>(OutputPointer, OutputPending).CopyTo(new Span<byte>(OutputBase, OutputCapacity));
            _outputEnd -= _outputStart;
            _outputStart = 0;
        }

        var room = new Span<byte>(OutputBase + _outputEnd, length);
        _outputEnd += length;
        return room;
    }

    public void Sent(int count)
    {
        _outputStart += count;
        ProgressAt = Stopwatch.GetTimestamp();
        if (_outputStart == _outputEnd)
            _outputStart = _outputEnd = 0;
    }

    public void DropOutput() => _outputStart = _outputEnd = 0;

    /// <summary>A file new operations may use, or null.</summary>
    public EngineFile? FindFile(uint id)
    {
        var slot = (int)(id & ((1 << EngineFile.SlotBits) - 1)) - 1;
        return (uint)slot < (uint)Files.Length && Files[slot] is { IsTaken: true, IsClosing: false, Descriptor: >= 0 } file && file.Id == id ? file : null;
    }

    /// <summary>A region new operations may use, or null.</summary>
    public EngineRegion? FindRegion(uint id)
    {
        var slot = (int)(id & ((1 << EngineRegion.SlotBits) - 1)) - 1;
        return (uint)slot < (uint)Regions.Length && Regions[slot] is { IsTaken: true, IsClosing: false } region && region.Id == id ? region : null;
    }

    /// <summary>Takes a slot for a descriptor, counted; null when the client, its user or the process has all it may have.</summary>
    public EngineFile? TakeFile()
    {
        for (var i = 0; i < Files.Length; i++)
        {
            if (Files[i] is { IsTaken: true })
                continue;
            if (!Limits.Holdings.TryTakeFile(User))
                return null;
            var file = Files[i] ??= new EngineFile(i);
            file.Take();
            FileCount++;
            return file;
        }

        return null;
    }

    /// <summary>A slot for a region, or null.</summary>
    public EngineRegion? FreeRegion()
    {
        for (var i = 0; i < Regions.Length; i++)
        {
            if (Regions[i] is not { IsTaken: true })
                return Regions[i] ??= new EngineRegion(i);
        }

        return null;
    }

    /// <summary>One descriptor less.</summary>
    public void UncountFile()
    {
        FileCount--;
        Limits.Holdings.GiveFile(User);
    }

    public void Link(EngineTask task)
    {
        task.Previous = null;
        task.Next = Tasks;
        if (Tasks is { } first)
            first.Previous = task;
        Tasks = task;
        TaskCount++;
    }

    public void Unlink(EngineTask task)
    {
        if (task.Previous is { } previous)
            previous.Next = task.Next;
        else
            Tasks = task.Next;
        if (task.Next is { } next)
            next.Previous = task.Previous;
        task.Next = task.Previous = null;
        TaskCount--;
    }

    public void Enqueue(EngineTask task)
    {
        task.IsInQueue = true;
        task.QueuePrevious = QueueLast;
        task.QueueNext = null;
        if (QueueLast is { } last)
            last.QueueNext = task;
        else
            QueueFirst = task;
        QueueLast = task;
    }

    /// <summary>Puts back what was just taken out of the front.</summary>
    public void EnqueueFirst(EngineTask task)
    {
        task.IsInQueue = true;
        task.QueuePrevious = null;
        task.QueueNext = QueueFirst;
        if (QueueFirst is { } first)
            first.QueuePrevious = task;
        else
            QueueLast = task;
        QueueFirst = task;
    }

    public void Dequeue(EngineTask task)
    {
        if (task.QueuePrevious is { } previous)
            previous.QueueNext = task.QueueNext;
        else
            QueueFirst = task.QueueNext;
        if (task.QueueNext is { } next)
            next.QueuePrevious = task.QueuePrevious;
        else
            QueueLast = task.QueuePrevious;
        task.QueueNext = task.QueuePrevious = null;
        task.IsInQueue = false;
    }
}

using System.Diagnostics;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>One connection: its bytes in and out, its resources, its counts. Lives on the thread of the server; only the counts are read elsewhere.</summary>
internal sealed unsafe class RingsSession
{
    private readonly byte* _input;
    private readonly byte* _output;
    private int _inputStart;
    private int _inputEnd;
    private long _inputOffset;
    private int _outputStart;
    private int _outputEnd;

    public RingsSession(int socket, int slot, uint generation, int files, int buffers, RingsSessionMemory memory)
    {
        Socket = socket;
        Slot = slot;
        Generation = generation;
        _input = memory.Input;
        _output = memory.Output;
        InputCapacity = memory.InputCapacity;
        OutputCapacity = memory.OutputCapacity;
        FreeFiles = files;
        FreeBuffers = buffers;
        AcceptedAt = Stopwatch.GetTimestamp();
        ProgressAt = AcceptedAt;
    }

    public int Socket { get; }

    public int Slot { get; }

    /// <summary>Tells the users of a slot apart.</summary>
    public uint Generation { get; }

    public int InputCapacity { get; }

    public int OutputCapacity { get; }

    public (int Pid, uint Uid, uint Gid) Peer { get; init; }

    /// <summary>Whose rights its tasks have.</summary>
    public required RingsIdentity Identity { get; init; }

    /// <summary>What its user holds.</summary>
    public required RingsUser User { get; init; }

    public long AcceptedAt { get; }

    /// <summary>When output last moved or began to wait.</summary>
    public long ProgressAt { get; set; }

    /// <summary>Slots for descriptors used so far, free ones among them.</summary>
    public List<RingsFile> Files { get; } = [];

    /// <summary>Slots for buffers used so far, free ones among them.</summary>
    public List<RingsBuffer> Buffers { get; } = [];

    public int FreeFiles { get; set; }

    public int FreeBuffers { get; set; }

    public uint LastResource { get; set; }

    public bool IsGreeted { get; set; }

    public bool IsGone { get; set; }

    /// <summary>Ends after this pass; with <see cref="IsRefused"/> once its output is out.</summary>
    public bool IsEnding { get; set; }

    public bool IsRefused { get; set; }

    /// <summary>Its socket belongs to the engine of protocol 2.</summary>
    public bool IsHandedOver { get; set; }

    public bool IsReadable { get; set; }

    public bool IsReadArmed { get; set; }

    public bool IsWriteArmed { get; set; }

    /// <summary>Among those to look at in this pass.</summary>
    public bool IsActive { get; set; }

    /// <summary>Length of the request that is complete and waits for its turn; 0 for none.</summary>
    public int ReadyLength { get; set; }

    /// <summary>Had its turn in this round.</summary>
    public bool IsServed { get; set; }

    public RingsPrefix Ready { get; set; }

    /// <summary>Waits for output to drain before its request can be taken.</summary>
    public bool IsHeld { get; set; }

    /// <summary>More bytes are needed before there is a request.</summary>
    public bool IsStarving { get; set; } = true;

    /// <summary>Received descriptor not yet consumed, or -1.</summary>
    public int PendingFd { get; set; } = -1;

    /// <summary>Stream position of the request that descriptor belongs to.</summary>
    public long PendingFdOwner { get; set; }

    public int Outstanding { get; set; }

    public int CreditTasks { get; set; }

    /// <summary>Bytes of transfers in flight.</summary>
    public long BytesInFlight { get; set; }

    /// <summary>Output kept free for completions of tasks in flight.</summary>
    public int Reserved { get; set; }

    public long Operations;

    public long Errors;

    public long BytesRead;

    public long BytesWritten;

    /// <summary>Bytes received and not yet consumed.</summary>
    public ReadOnlySpan<byte> Input => new(_input + _inputStart, _inputEnd - _inputStart);

    /// <summary>Stream position of the first of them.</summary>
    public long InputOffset => _inputOffset;

    public int OutputPending => _outputEnd - _outputStart;

    /// <summary>Bytes of output that are neither taken nor promised.</summary>
    public int OutputFree => OutputCapacity - OutputPending - Reserved;

    public ReadOnlySpan<byte> Output => new(_output + _outputStart, OutputPending);

    public byte* OutputPointer => _output + _outputStart;

    /// <summary>Where to receive to, and how much fits.</summary>
    public byte* InputRoom(out int length)
    {
        if (_inputStart > 0)
        {
            Input.CopyTo(new Span<byte>(_input, InputCapacity));
            _inputEnd -= _inputStart;
            _inputStart = 0;
        }

        length = InputCapacity - _inputEnd;
        return _input + _inputEnd;
    }

    public void Received(int count) => _inputEnd += count;

    public void Consume(int count)
    {
        _inputStart += count;
        _inputOffset += count;
    }

    public void DropInput() => Consume(_inputEnd - _inputStart);

    /// <summary>Space for <paramref name="length"/> bytes of output; admission made sure of it.</summary>
    public Span<byte> Reply(int length)
    {
        if (OutputPending == 0)
            ProgressAt = Stopwatch.GetTimestamp();
        if (_outputEnd + length > OutputCapacity)
        {
            Output.CopyTo(new Span<byte>(_output, OutputCapacity));
            _outputEnd -= _outputStart;
            _outputStart = 0;
        }

        var room = new Span<byte>(_output + _outputEnd, OutputCapacity - _outputEnd)[..length];
        _outputEnd += length;
        return room;
    }

    /// <summary>Takes back the end of what <see cref="Reply"/> gave.</summary>
    public void Trim(int count) => _outputEnd -= count;

    public void Sent(int count)
    {
        _outputStart += count;
        ProgressAt = Stopwatch.GetTimestamp();
        if (_outputStart == _outputEnd)
            _outputStart = _outputEnd = 0;
    }

    public void DropOutput() => _outputStart = _outputEnd = 0;

    /// <summary>A descriptor that tasks may use, or null.</summary>
    public RingsFile? FindFile(uint id)
    {
        foreach (var file in Files)
        {
            if (file.Id == id)
                return file.IsClosing ? null : file;
        }

        return null;
    }

    /// <summary>A buffer that tasks may use, or null.</summary>
    public RingsBuffer? FindBuffer(uint id)
    {
        foreach (var buffer in Buffers)
        {
            if (buffer.Id == id)
                return buffer.IsClosing ? null : buffer;
        }

        return null;
    }

    /// <summary>The next resource id that is not in use; ids begin at 1 and skip 0.</summary>
    public uint NextResource()
    {
        do
        {
            LastResource++;
        }
        while (LastResource == 0 || IsUsed(LastResource));
        return LastResource;
    }

    private bool IsUsed(uint id)
    {
        foreach (var file in Files)
        {
            if (file.Id == id)
                return true;
        }

        foreach (var buffer in Buffers)
        {
            if (buffer.Id == id)
                return true;
        }

        return false;
    }
}

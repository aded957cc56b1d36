using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>
/// Serves protocol 2: one thread, one ring of its own, which the kernel holds to the operations served. Connections come from the server
/// of protocol 1 after their handshake. What a client does wrong ends that client alone.
/// </summary>
internal sealed unsafe partial class RingsEngine
{
    private const int RingEntries = 1024;
    private const int RingCompletions = 8192;
    private const int Completions = 256;
    private const uint TagTask = 1;
    private const uint TagRead = 2;
    private const uint TagWrite = 3;
    private const uint TagDoorbell = 4;
    private const uint TagWake = 5;
    private const uint TagStop = 6;
    private const uint TagIgnore = 7;
    private const uint TagHangUp = 8;
    private const byte FlagAsync = 16;

    // Threads of the kernel: made only while others hang in a file system.
    private const int Workers = 512;
    private const uint PollMultishot = 1;

    private readonly RingsServerOptions _options;
    private readonly IReadOnlyList<(byte[] Path, int Descriptor)> _roots;
    private readonly EngineLimits _limits;
    private readonly ConcurrentQueue<EngineArrival> _arrivals = new();
    private readonly EngineSession?[] _sessions;
    private readonly List<EngineSession> _active = [];
    private readonly List<EngineSession> _gone = [];
    private readonly List<EngineSession> _hot = [];
    private readonly List<EngineTask> _tasks = [];
    private readonly Stack<EngineTask> _freeTasks = new();
    private readonly EngineBlocks _blocks = new();
    private readonly EngineTimes _times = new();
    private readonly CompletionEntry[] _completed = new CompletionEntry[Completions];
    private readonly int[] _received = new int[DescriptorReceiving.Room];
    private readonly bool[] _supported;
    private readonly MappedRing _ring;
    private readonly RingsIdentities _identities;
    private readonly int _event;
    private readonly MemoryWorkers _workers;
    private readonly long _taskLimit;
    private readonly List<(EngineTask Task, uint Generation)> _matches = [];
    private readonly ulong* _one = (ulong*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc(8, 8);
    private byte[]? _ownAddress;
    private int _sessionCount;
    private int _kernelTasks;
    private uint _number;
    private bool _again;
    private bool _isEventArmed;
    private volatile bool _isStopping;

    private RingsEngine(RingsServerOptions options, IReadOnlyList<(byte[] Path, int Descriptor)> roots, MappedRing ring, bool[] supported, int wakeup, RingsHoldings holdings)
    {
        _options = options;
        _roots = roots;
        _ring = ring;
        _supported = supported;
        _event = wakeup;
        _workers = new MemoryWorkers(wakeup);
        *_one = 1;
        _taskLimit = (long)(options.TaskTimeout.TotalSeconds * Stopwatch.Frequency);
        _identities = new RingsIdentities(ring, options.ActAs);
        _sessions = new EngineSession?[options.MaxClients];
        _limits = new EngineLimits(options.Credits2, options.Files2, options.Regions2, (ulong)options.RegionBytes2, holdings);
        foreach (var operation in Enum.GetValues<RingsOperation>())
        {
            var opcode = OperationRule.All[(int)operation].Opcode;
            if (opcode == OperationRule.Own || supported[opcode])
                Operations |= 1UL << (int)operation;
        }
    }

    /// <summary>Operations served, a bit each.</summary>
    public ulong Operations { get; }

    /// <summary>True when the kernel holds the ring to them.</summary>
    public bool IsRestricted { get; private init; }

    /// <summary>Connections now; any thread.</summary>
    public IEnumerable<SessionInfo> Sessions => _sessions.OfType<EngineSession>().Select(Show);

    /// <summary>Starts the thread; null when the kernel gives no second ring.</summary>
    /// <param name="options">Those of the server.</param>
    /// <param name="roots">Open directories paths are confined beneath; they outlive the engine.</param>
    /// <param name="holdings">What clients of both protocols hold.</param>
    public static RingsEngine? Start(RingsServerOptions options, IReadOnlyList<(byte[] Path, int Descriptor)> roots, RingsHoldings holdings)
    {
        var started = new TaskCompletionSource<RingsEngine?>();
        var thread = new Thread(() =>
        {
            var engine = Make(options, roots, holdings);
            started.SetResult(engine);
            engine?.Run();
        }) { IsBackground = true, Name = "rings2" };
        thread.Start();
        var made = started.Task.GetAwaiter().GetResult();
        if (made is not null)
            made.Thread = thread;
        return made;
    }

    /// <summary>Takes over a connection that asked for protocol 2. Any thread.</summary>
    public void Adopt(EngineArrival arrival)
    {
        _arrivals.Enqueue(arrival);
        RingNative.SignalEvent(_event);
    }

    /// <summary>Ends every connection and the thread. Not on its own thread.</summary>
    public void Stop()
    {
        _isStopping = true;
        RingNative.SignalEvent(_event);
        Thread?.Join();
        while (_arrivals.TryDequeue(out var arrival))
            FileCalls.Close(arrival.Socket);
        if (_workers.HasEnded)
            FileCalls.Close(_event);
    }

    private Thread? Thread { get; set; }

    private static RingsEngine? Make(RingsServerOptions options, IReadOnlyList<(byte[] Path, int Descriptor)> roots, RingsHoldings holdings)
    {
        var made = MappedRing.Create(RingEntries, RingCompletions, RingPolicy.SetupDisabled);
        if (!made.IsOk)
        {
            options.Log.Write(LogLevel.Warning, $"rings: protocol 2 is off, no ring for it: {made.Error}");
            return null;
        }

        var ring = made.Value;
        var probed = RingPolicy.Probe(ring);
        _ = RingPolicy.LimitWorkers(ring, Workers);
        var isRestricted = probed.IsOk && RingPolicy.Restrict(ring, Opcodes(options.Roots.Count > 0), FlagAsync, RingsOpcodes.Registrations);
        var wakeup = ReadinessCalls.CreateEvent();
        if (!probed.IsOk || wakeup < 0 || RingPolicy.Enable(ring) != Errno.None)
        {
            ring.Dispose();
            if (wakeup >= 0)
                FileCalls.Close(wakeup);
            return null;
        }

        return new RingsEngine(options, roots, ring, probed.Value, wakeup, holdings) { IsRestricted = isRestricted };
    }

    // All that is ever submitted.
    private static byte[] Opcodes(bool isConfined)
    {
        var opcodes = new HashSet<byte> { OperationRule.AsyncCancel, OperationRule.PollAdd, OperationRule.Close, OperationRule.Write };
        if (!isConfined)
            opcodes.Add(OperationRule.OpenAt);
        foreach (var rule in OperationRule.All)
        {
            if (rule.Opcode != OperationRule.Own)
                opcodes.Add(rule.Opcode);
        }

        return [.. opcodes];
    }

    private static SessionInfo Show(EngineSession session) => new()
    {
        Id = session.Number,
        Protocol = "rings2",
        Peer = string.Create(CultureInfo.InvariantCulture, $"unix:pid={session.Peer.Pid},uid={session.Peer.Uid}"),
        User = string.Create(CultureInfo.InvariantCulture, $"uid {session.Peer.Uid}"),
        AgeSeconds = (long)Stopwatch.GetElapsedTime(session.AcceptedAt).TotalSeconds,
        Operations = session.Taken,
        BytesRead = session.BytesRead,
        BytesWritten = session.BytesWritten,
        Errors = session.Failed + session.Refused,
        InFlight = session.TaskCount,
    };

    private static ulong Tag(uint tag, uint generation, uint index) => ((ulong)tag << 56) | ((ulong)(generation & 0xFFFFFF) << 32) | index;

    private void Run()
    {
        while (!_isStopping)
        {
            try
            {
                if (!_isEventArmed)
                    _isEventArmed = Arm(_event, RingConstants.PollIn, Tag(TagStop, 0, 0));
                Pass();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A bug that no connection could be named for; they go on.
                _options.Log.Write(LogLevel.Error, $"rings: internal error, please report it: {e}");
            }
        }

        CloseAll();
    }

    private void CloseAll()
    {
        foreach (var session in _sessions)
        {
            if (session is { IsGone: false })
            {
                Goodbye(session, RingsGoodbyeReason.Ending, RingsMessageType.None);
                Flush(session);
                End(session);
            }
        }

        var since = Stopwatch.GetTimestamp();
        while ((_kernelTasks > 0 || _gone.Count > 0 || _ring.Unsubmitted > 0) && Stopwatch.GetElapsedTime(since) < _options.StopTimeout)
        {
            RetryCancels();
            RunTimes();
            Wait(1, 20_000_000);
            TakeFromWorkers();
            Bury();
        }

        _workers.Dispose();
        _ring.Dispose();

        // What the kernel may still write to is left behind.
        if (_kernelTasks > 0)
            return;
        (_restAt, _numberAtRest) = (0, _number);
        Rest();
        System.Runtime.InteropServices.NativeMemory.AlignedFree(_one);
    }

    private bool Arm(int descriptor, uint events, ulong tag, uint multishot = 0)
    {
        var entry = Next();
        if (entry == null)
            return false;
        entry->Opcode = OperationRule.PollAdd;
        entry->Descriptor = descriptor;
        entry->OperationFlags = events;
        entry->Length = multishot;
        entry->UserData = tag;
        return true;
    }

    // An entry, or null when the kernel takes no more for now.
    private SubmissionEntry* Next()
    {
        var entry = _ring.TryNext();
        if (entry != null)
            return entry;
        _ = _ring.Enter(0, 0, null);
        return _ring.TryNext();
    }

    private void Cancel(ulong target)
    {
        var entry = Next();
        if (entry == null)
        {
            _mustCancelAgain = true;
            return;
        }

        entry->Opcode = OperationRule.AsyncCancel;
        entry->Descriptor = -1;
        entry->Address = target;
        entry->UserData = Tag(TagIgnore, 0, 0);
    }

    // On a thread of the kernel: what a client handed over may linger or belong to a file system that hangs.
    private void CloseDescriptor(int descriptor)
    {
        if (descriptor < 0)
            return;
        var entry = Next();
        if (entry == null)
        {
            FileCalls.Close(descriptor);
            return;
        }

        entry->Opcode = OperationRule.Close;
        entry->Flags = FlagAsync;
        entry->Descriptor = descriptor;
        entry->UserData = Tag(TagIgnore, 0, 0);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Linux.Tree;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>
/// Serves protocol 1.12 on one Unix socket. One thread, one ring: the thread that calls <see cref="Start"/> must call <see cref="Run"/>.
/// Every pass takes all input there is, dispatches it in order of priority, submits everything with one io_uring_enter and answers each
/// client with one send. What a client does wrong ends that client alone.
/// </summary>
public sealed unsafe partial class RingsServer
{
    private const int LeastInput = 16384;
    private const int Completions = 256;
    private const uint TagTask = 1;
    private const uint TagRead = 2;
    private const uint TagWrite = 3;
    private const uint TagListen = 4;
    private const uint TagStop = 5;
    private const uint TagIgnore = 6;
    private const byte FlagAsync = 16;
    private const int RestMs = 100;
    private const int MostWorkers = 1024;
    private const int SpareWorkers = 64;
    private const int AtCurrentDirectory = -100;

    // Kept free for the rest of the process.
    private const int SpareDescriptors = 32;
    private const int AskAgainMs = 100;
    private static readonly long s_askAgainAfter = Stopwatch.Frequency * AskAgainMs / 1000;

    private readonly RingsServerOptions _options;
    private readonly MappedRing _ring;
    private readonly RingsTrace _trace;
    private readonly RingsTask[] _tasks;
    private readonly Stack<RingsTask> _freeTasks;
    private readonly RingsSession?[] _sessions;
    private readonly RingsSessionMemory?[] _memory;
    private readonly uint[] _generations;
    private readonly List<RingsSession> _active = [];

    // Gone, with tasks in the kernel.
    private readonly List<RingsSession> _ending = [];
    private long _cancelAgainAt;
    private readonly Stack<nint> _freeBuffers = new();
    private readonly CompletionEntry[] _completed = new CompletionEntry[Completions];
    private readonly int[] _received = new int[DescriptorReceiving.Room];
    private readonly byte* _taskMemory;
    private readonly RingsOperations _operations;
    private readonly uint _ringEntries;
    private readonly int _capacity;
    private readonly int _perClient;
    private readonly int _stopEvent;
    private readonly List<(byte[] Path, int Descriptor)> _roots = [];
    private int _listener = -1;
    private byte[] _ownAddress = [];
    private (ulong Inode, uint Major, uint Minor) _socketIdentity;
    private bool _isListenArmed;
    private long _listenRestsUntil;
    private int _sessionCount;
    private int _outstanding;
    private int _creditTasks;
    private readonly RingsIdentities _identities;
    private readonly RingsHoldings _holdings;
    private readonly HashSet<uint> _toldUsers = [];
    private readonly long _taskLimit;
    private readonly bool _needsGroups;
    private long _nextOverdueCheck;
    private int _files;
    private int _buffers;
    private long _accepted;
    private long _rejected;
    private long _completions;
    private long _bytesRead;
    private long _bytesWritten;
    private ulong _lastTask;
    private uint _generation;
    private int _cursor;
    private int _stagedTasks;
    private bool _again;
    private bool _isSorted = true;
    private bool _isStopping;
    private int _stopAsked;

    private RingsServer(RingsServerOptions options, MappedRing ring, RingsOperations operations)
    {
        _options = options;
        _ring = ring;
        _operations = operations & ~options.Without;
        _lastTask = options.LastTask;
        _trace = new RingsTrace(options.JobId, options.Trace);
        _ringEntries = BitOperations.RoundUpToPowerOf2((uint)options.RingEntries);
        _capacity = (int)_ringEntries - 1;
        _perClient = Math.Min(options.PerClientCredits, _capacity);
        var size = (RingsTask.ControlBytes + options.IoBytesMax + 63) & ~63;
        _taskMemory = (byte*)NativeMemory.AlignedAlloc((nuint)(size * (long)_ringEntries), 64);
        _tasks = new RingsTask[_ringEntries];
        _freeTasks = new Stack<RingsTask>(_tasks.Length);
        for (var i = _tasks.Length - 1; i >= 0; i--)
            _freeTasks.Push(_tasks[i] = new RingsTask(i, _taskMemory + ((long)i * size)));
        _sessions = new RingsSession?[options.MaxClients];
        _memory = new RingsSessionMemory?[options.MaxClients];
        _generations = new uint[options.MaxClients];
        _stopEvent = ReadinessCalls.CreateEvent();
        _identities = new RingsIdentities(ring, options.ActAs);
        _needsGroups = options.AllowedGids.Count > 0 || (options.ActAs == RingsActor.Caller && ThreadIdentity.OwnUid == 0);
        _taskLimit = (long)(options.TaskTimeout.TotalSeconds * Stopwatch.Frequency);
        _holdings = new RingsHoldings(options, DescriptorLimit.Left() - SpareDescriptors);
    }

    /// <summary>True when the kernel holds the ring to the operations served.</summary>
    public bool IsRestricted { get; private set; }

    /// <summary>Connections now; any thread.</summary>
    public IReadOnlyList<SessionInfo> Sessions => [.. _sessions.OfType<RingsSession>().Select(Show), .. _engine?.Sessions ?? []];

    /// <summary>Statistics of the protocol; exact on the thread of the server, close on others.</summary>
    public RingsStats Stats => new()
    {
        ActiveClients = (uint)_sessionCount,
        OutstandingTasks = (uint)_outstanding,
        OutstandingCreditTasks = (uint)_creditTasks,
        AvailableCredits = Credits,
        RegisteredFiles = (uint)_files,
        RegisteredBuffers = (uint)_buffers,
        AcceptedSubmits = (ulong)Volatile.Read(ref _accepted),
        RejectedSubmits = (ulong)Volatile.Read(ref _rejected),
        Completions = (ulong)Volatile.Read(ref _completions),
        PerClientCreditLimit = (uint)_perClient,
        ClientsAtCreditLimit = CountAtLimit(),
    };

    /// <summary>Bytes tasks read; any thread.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>Bytes tasks wrote; any thread.</summary>
    public long BytesWritten => Volatile.Read(ref _bytesWritten);

    private uint Credits => (uint)(_capacity - _creditTasks);

    /// <summary>Makes the ring and listens, or says why not and leaves nothing behind.</summary>
    public static RingsServer? Start(RingsServerOptions options, out RingsStartFailure? failure)
    {
        failure = null;
        var made = options.Fault switch
        {
            RingsFault.SetupMissing => Errno.ENOSYS,
            RingsFault.SetupRefused => Errno.EPERM,
            _ => MappedRing.Create(Math.Max(256, options.RingEntries * 2), Math.Max(2048, (options.RingEntries * 4) + (options.MaxClients * 4)), RingPolicy.SetupDisabled),
        };
        if (!made.IsOk)
        {
            failure = RingFailure(made.Error);
            return null;
        }

        var ring = made.Value;
        var probed = options.Fault == RingsFault.ProbeRefused ? Errno.EPERM : RingPolicy.Probe(ring);
        var operations = probed.IsOk ? RingsOpcodes.Known(probed.Value) : RingsOperations.None;
        if (operations == RingsOperations.None)
        {
            ring.Dispose();
            failure = RingFailure(probed.IsOk ? Errno.EOPNOTSUPP : probed.Error);
            return null;
        }

        // Each task and some closes may hang in a file system that is away, and none is to wait for another's thread.
        _ = RingPolicy.LimitWorkers(ring, Math.Min(MostWorkers, options.RingEntries + SpareWorkers));
        var isRestricted = RingPolicy.Restrict(ring, options.Roots.Count > 0 ? RingsOpcodes.Confined : RingsOpcodes.Served, FlagAsync, RingsOpcodes.Registrations);
        if (RingPolicy.Enable(ring) is not Errno.None and var error)
        {
            ring.Dispose();
            failure = RingFailure(error);
            return null;
        }

        var server = new RingsServer(options, ring, operations) { IsRestricted = isRestricted };
        failure = server.OpenRoots() ?? server.Listen();
        if (failure is null)
            return server;
        server.Free();
        return null;
    }

    /// <summary>Serves until <see cref="Stop"/>; then ends every connection, cancels what is in flight and removes the socket.</summary>
    public void Run()
    {
        WriteMetrics("ready"u8);
        Arm(_stopEvent, RingConstants.PollIn, Tag(TagStop, 0, 0));
        while (!_isStopping)
        {
            ArmListener();
            Wait(_again ? 0u : 1u);
            _again = false;
            Pass();
        }

        WriteMetrics("shutdown"u8);
        _engine?.Stop();
        CloseAll();
        Free();
    }

    /// <summary>Ends <see cref="Run"/>; any thread, any number of times.</summary>
    public void Stop()
    {
        // The descriptor is closed by who was woken by it, hence never before.
        if (Interlocked.Exchange(ref _stopAsked, 1) == 0)
            RingNative.SignalEvent(_stopEvent);
    }

    private static ulong Tag(uint tag, uint generation, uint index) => ((ulong)tag << 56) | ((ulong)(generation & 0xFFFFFF) << 32) | index;

    private static RingsStartFailure RingFailure(Errno error) => new(error switch
    {
        Errno.ENOSYS => "io_uring setup is unavailable on this kernel (ENOSYS)",
        Errno.EPERM or Errno.EACCES => $"io_uring setup blocked by kernel policy or sandbox ({Text(error)})",
        Errno.EOPNOTSUPP => "io_uring probe reported no supported operations (ENOTSUP)",
        _ => $"io_uring initialization failed: {Text(error)}",
    });

    private static string Text(Errno error) => Marshal.GetPInvokeErrorMessage((int)error);

    private static SessionInfo Show(RingsSession session) => new()
    {
        Id = session.Generation,
        Protocol = "rings",
        Peer = string.Create(CultureInfo.InvariantCulture, $"unix:pid={session.Peer.Pid},uid={session.Peer.Uid}"),
        User = string.Create(CultureInfo.InvariantCulture, $"uid {session.Peer.Uid}"),
        AgeSeconds = (long)Stopwatch.GetElapsedTime(session.AcceptedAt).TotalSeconds,
        Operations = session.Operations,
        BytesRead = session.BytesRead,
        BytesWritten = session.BytesWritten,
        Errors = session.Errors,
        InFlight = session.Outstanding,
    };

    private RingsStartFailure? OpenRoots()
    {
        foreach (var root in _options.Roots)
        {
            var path = Path.GetFullPath(root).TrimEnd('/');
            var descriptor = TreeCalls.OpenPath(path.Length == 0 ? "/" : path, TreeCalls.PathOnly | TreeCalls.DirectoryFlag | TreeCalls.CloseOnExec);
            if (descriptor < 0)
                return new RingsStartFailure($"cannot open root {root}: {Text((Errno)(-descriptor))}");
            _roots.Add((System.Text.Encoding.UTF8.GetBytes(path), descriptor));
        }

        return null;
    }

    private RingsStartFailure? Listen()
    {
        if (_options.Listener >= 0)
        {
            if (Sockets.AdoptUnixListener(_options.Listener) != Errno.None)
                return new RingsStartFailure($"the socket handed over (descriptor {_options.Listener}) is no listening Unix stream socket", IsAboutSocket: true);
            _listener = _options.Listener;
        }
        else
        {
            var made = Sockets.ListenUnix(_options.SocketPath);
            if (!made.IsOk)
                return new RingsStartFailure($"binding server socket failed: {Text(made.Error)}", IsAboutSocket: true);
            _listener = made.Value;
            _socketIdentity = IdentityOf(_options.SocketPath);
        }

        _ownAddress = Sockets.LocalAddress(_listener);
        return null;
    }

    // What somebody else put in the place of our socket stays.
    private static (ulong Inode, uint Major, uint Minor) IdentityOf(string path) =>
        TreeCalls.Stat(AtCurrentDirectory, System.Text.Encoding.UTF8.GetBytes(path), out var data) >= 0 ? (data.Inode, data.DeviceMajor, data.DeviceMinor) : default;

    private uint CountAtLimit()
    {
        uint count = 0;
        foreach (var session in _sessions)
        {
            if (session is { IsGone: false } && session.CreditTasks >= _perClient)
                count++;
        }

        return count;
    }

    private void CloseAll()
    {
        foreach (var session in _sessions)
        {
            if (session is not null)
                End(session);
        }

        FileCalls.Close(_listener);
        if (_socketIdentity != default && IdentityOf(_options.SocketPath) == _socketIdentity)
            FileCalls.Unlink(_options.SocketPath);
        var since = Stopwatch.GetTimestamp();
        while ((_outstanding > 0 || _ring.Unsubmitted > 0) && Stopwatch.GetElapsedTime(since) < _options.StopTimeout)
        {
            RetryCancels();
            StartDue();
            Wait(_outstanding > 0 ? 1u : 0u, 50);
        }
    }

    private void Free()
    {
        foreach (var (_, descriptor) in _roots)
            FileCalls.Close(descriptor);
        FileCalls.Close(_stopEvent);
        _ring.Dispose();
        foreach (var memory in _memory)
            memory?.Free();

        // What the kernel may still write to is left behind.
        if (_outstanding > 0)
            return;
        NativeMemory.AlignedFree(_taskMemory);
        while (_freeBuffers.TryPop(out var buffer))
            NativeMemory.AlignedFree((void*)buffer);
    }

    private void WriteMetrics(ReadOnlySpan<byte> phase)
    {
        if (_options.Trace is not { } sink)
            return;
        var line = new RingsLineWriter(new byte[2048]);
        line.Text("iouringd metrics phase="u8);
        line.Text(phase);
        line.Text(_trace.Identity);
        line.Text(" socket="u8);
        line.Text(System.Text.Encoding.UTF8.GetBytes(_options.SocketPath));
        var stats = Stats;
        line.Field(" active_clients="u8, stats.ActiveClients);
        line.Field(" outstanding_tasks="u8, stats.OutstandingTasks);
        line.Field(" outstanding_credit_tasks="u8, stats.OutstandingCreditTasks);
        line.Field(" available_credits="u8, stats.AvailableCredits);
        line.Field(" registered_files="u8, stats.RegisteredFiles);
        line.Field(" registered_buffers="u8, stats.RegisteredBuffers);
        line.Field(" accepted_submits="u8, stats.AcceptedSubmits);
        line.Field(" rejected_submits="u8, stats.RejectedSubmits);
        line.Field(" completions="u8, stats.Completions);
        line.Field(" ring_entries="u8, _ringEntries);
        line.Field(" registered_fd_slots="u8, (uint)_options.RegisteredFds);
        line.Field(" registered_buffer_slots="u8, (uint)_options.RegisteredBuffers);
        line.Field(" io_bytes_max="u8, (uint)_options.IoBytesMax);
        line.Field(" per_client_credit_limit="u8, stats.PerClientCreditLimit);
        line.Field(" clients_at_credit_limit="u8, stats.ClientsAtCreditLimit);
        line.Text("\n"u8);
        sink(line.Written);
    }
}

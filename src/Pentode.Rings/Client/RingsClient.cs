using System.Text;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Rings.Wire;
using Pentode.Uring;

namespace Pentode.Rings.Client;

/// <summary>
/// One connection to a server of the iouringd protocol 1.12. Operations start on the loop's thread only and may be under way in any number:
/// they share the connection, wait for credits in the order of their calls, run in any order, and each returned task is awaited exactly once
/// and continues inline on the loop. A task the server refuses with EAGAIN for want of credits is sent again; other refusals and results are
/// the caller's. Memory given to an operation must stay alive and unchanged until its task ends; it need not be pinned. Steady state
/// allocates nothing per operation. The protocol knows no file offsets: reads and writes of a seekable file always start at its beginning.
/// Errors: what the server or its kernel answered; EINVAL for arguments that cannot be right; EAGAIN when too many operations wait; after the
/// connection ended the error in <see cref="Problem"/>. A server that breaks the protocol ends the connection.
/// </summary>
public sealed partial class RingsClient : IAsyncDisposable
{
    private readonly RingsClientOptions _options;
    private readonly int _socket;
    private readonly string _peer;
    private readonly Stack<RingsRequest> _idle = new();
    private ulong _lastSerial;

    private RingsClient(IoLoop loop, int socket, string peer, RingsServerFacts server, RingsClientOptions options)
    {
        Loop = loop;
        Server = server;
        _socket = socket;
        _peer = peer;
        _options = options;
        _maxWindow = Math.Clamp(Math.Min(options.MaxInFlight, server.RingEntries - 1), 1, RingsLimits.MaxRingEntries);
        _window = _maxWindow;
        _out = loop.Buffers.Rent(OutBytes);
        _sender = new Sender(this);
        _writable = new Writable(this);
        _receiver = new Receiver(this);
        _hold = new Hold(this);
        _watch = new Watch(this);
        _turnEnd = new TurnEnd(this);
        _receiver.Arm();
    }

    /// <summary>The loop it lives on.</summary>
    public IoLoop Loop { get; }

    /// <summary>What the server told in the handshake.</summary>
    public RingsServerFacts Server { get; }

    /// <summary>Why the connection ended, or null while it lives. Any thread.</summary>
    public RingsProblem? Problem => _problem;

    /// <summary>Tasks that hold a credit or have been sent for one. Loop thread.</summary>
    public int InFlight => _inFlight;

    /// <summary>Credits the server had left, of all clients together, when it last answered. Loop thread.</summary>
    public int LastCredits { get; private set; }

    /// <summary>Times a task was refused a credit and put back. Loop thread.</summary>
    public long Refusals { get; private set; }

    /// <summary>NOP: goes through the server's ring and back; gives 0.</summary>
    public ValueTask<Result<int>> Nop(RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket);
        return error != Errno.None ? new(error) : Start(Make(RingsKind.Nop, priority, ticket)).Task;
    }

    /// <summary>TIMEOUT: ends with ETIME after so many nanoseconds, with ECANCELED when cancelled.</summary>
    public ValueTask<Result<int>> Timeout(ulong nanoseconds, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.Timeout, priority, ticket);
        request.Wide = nanoseconds;
        return Start(request).Task;
    }

    /// <summary>SOCK_READ or FILE_READ into <paramref name="target"/>, at most IoBytesMax; gives the bytes read, 0 at the end.</summary>
    public ValueTask<Result<int>> Read(bool isSocket, uint resource, Memory<byte> target, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket, IsLength(target.Length) && resource != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(isSocket ? RingsKind.SockRead : RingsKind.FileRead, priority, ticket);
        request.Resource = resource;
        request.Value = (uint)target.Length;
        request.Target = target;
        return Start(request).Task;
    }

    /// <summary>SOCK_WRITE or FILE_WRITE of at most IoBytesMax bytes; gives the bytes written, perhaps fewer.</summary>
    public ValueTask<Result<int>> Write(bool isSocket, uint resource, ReadOnlyMemory<byte> data, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket, IsLength(data.Length) && resource != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(isSocket ? RingsKind.SockWrite : RingsKind.FileWrite, priority, ticket);
        request.Resource = resource;
        request.Value = (uint)data.Length;
        request.Payload = data;
        return Start(request).Task;
    }

    /// <summary>SOCK_READ_FIXED: reads into a registered buffer from its start and brings the bytes along.</summary>
    public ValueTask<Result<int>> ReadFixed(uint resource, uint buffer, Memory<byte> target, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket, IsLength(target.Length) && resource != 0 && buffer != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.SockReadFixed, priority, ticket);
        request.Resource = resource;
        request.Buffer = buffer;
        request.Value = (uint)target.Length;
        request.Target = target;
        return Start(request).Task;
    }

    /// <summary>SOCK_WRITE_FIXED: writes the first bytes of a registered buffer; gives the bytes written.</summary>
    public ValueTask<Result<int>> WriteFixed(uint resource, uint buffer, int length, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket, IsLength(length) && resource != 0 && buffer != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.SockWriteFixed, priority, ticket);
        request.Resource = resource;
        request.Buffer = buffer;
        request.Value = (uint)length;
        return Start(request).Task;
    }

    /// <summary>POLL: waits for any of the poll(2) bits; gives those that are set.</summary>
    public ValueTask<Result<int>> Poll(uint resource, ushort events, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket, resource != 0 && events != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.Poll, priority, ticket);
        request.Resource = resource;
        request.Value = events;
        return Start(request).Task;
    }

    /// <summary>CONNECT of a registered socket to a raw socket address; gives 0.</summary>
    public ValueTask<Result<int>> Connect(uint resource, ReadOnlyMemory<byte> address, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket, IsLength(address.Length) && resource != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.Connect, priority, ticket);
        request.Resource = resource;
        request.Payload = address;
        return Start(request).Task;
    }

    /// <summary>
    /// ACCEPT on a registered listener: gives the new resource, and the raw address of the peer in <paramref name="address"/>. An empty one
    /// asks for none; one that is too short for the address loses the connection (EPROTO).
    /// </summary>
    public ValueTask<Result<AcceptedSocket>> Accept(uint resource, Memory<byte> address = default, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        var error = Admit(priority, ticket, address.Length <= Server.IoBytesMax && resource != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.Accept, priority, ticket);
        request.Resource = resource;
        request.Value = (uint)address.Length;
        request.Target = address;
        return Start(request).Accepted;
    }

    /// <summary>OPENAT with raw open(2) flags and mode, from the server's working directory; gives the new resource. The path ends with its only NUL.</summary>
    public ValueTask<Result<int>> OpenAt(ReadOnlyMemory<byte> path, int flags, uint mode = 0, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null)
    {
        if (path.Length > RingsLimits.PathBytes(Server.IoBytesMax))
            return new(Errno.ENAMETOOLONG);
        var error = Admit(priority, ticket, path.Length >= 2 && path.Span.IndexOf((byte)0) == path.Length - 1);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.OpenAt, priority, ticket);
        request.Value = (uint)flags;
        request.Mode = mode;
        request.Payload = path;
        return Start(request).Task;
    }

    /// <inheritdoc cref="OpenAt(ReadOnlyMemory{byte}, int, uint, RingsPriority, RingsTicket?)"/>
    public ValueTask<Result<int>> OpenAt(string path, int flags, uint mode = 0, RingsPriority priority = RingsPriority.Normal, RingsTicket? ticket = null) =>
        OpenAt(Encoding.UTF8.GetBytes(path + '\0'), flags, mode, priority, ticket);

    /// <summary>CLOSE: the resource is dead from its acceptance; gives 0.</summary>
    public ValueTask<Result<int>> Close(uint resource, RingsPriority priority = RingsPriority.Normal)
    {
        var error = Admit(priority, null, resource != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.Close, priority, null);
        request.Resource = resource;
        return Start(request).Task;
    }

    /// <summary>CANCEL by id: 0 when the task will end early, ENOENT when there is none, EALREADY when it cannot be stopped any more.</summary>
    public ValueTask<Result<int>> Cancel(ulong taskId, RingsPriority priority = RingsPriority.Normal)
    {
        var error = Admit(priority, null, RingsLimits.IsTaskId(taskId));
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.Cancel, priority, null);
        request.Wide = taskId;
        return Control(request).Task;
    }

    /// <summary>
    /// Cancels the task of a ticket wherever it is: one that still waits for a credit ends with ECANCELED without the server; for others a
    /// CANCEL goes out as soon as the id is known. Results as those of the other form.
    /// </summary>
    public ValueTask<Result<int>> Cancel(RingsTicket ticket)
    {
        if (ticket.Request is not { } task)
            return new(Errno.ENOENT);
        if (task.TaskId != 0)
            return Cancel(task.TaskId);
        if (task.IsWaiting)
        {
            _waiting.Remove(task);
            ticket.Request = null;
            task.Ticket = null;
            _cancelled.Enqueue(task);
            Touch();
            return new((Result<int>)0);
        }

        if (task.Cancel is not null || Admit(RingsPriority.Normal, null) is not Errno.None)
            return new(Errno.EALREADY);
        task.Cancel = Make(RingsKind.Cancel, RingsPriority.Normal, null);
        return task.Cancel.Task;
    }

    /// <summary>
    /// REGISTER_FD: hands a duplicate of a descriptor to the server. Keep it open until the task ends; afterwards it may be closed. Refused
    /// with EAGAIN when no slot is free.
    /// </summary>
    public ValueTask<Result<RegisteredResource>> RegisterDescriptor(int descriptor)
    {
        var error = Admit(RingsPriority.Normal, null, descriptor >= 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.RegisterFd, RingsPriority.Normal, null);
        request.Descriptor = descriptor;
        return Control(request).Registered;
    }

    /// <summary>REGISTER_BUFFER with its first bytes, perhaps none, at most IoBytesMax.</summary>
    public ValueTask<Result<RegisteredResource>> RegisterBuffer(ReadOnlyMemory<byte> content)
    {
        var error = Admit(RingsPriority.Normal, null, content.Length <= Server.IoBytesMax);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.RegisterBuffer, RingsPriority.Normal, null);
        request.Payload = content;
        return Control(request).Registered;
    }

    /// <summary>RELEASE_RESOURCE: EBUSY while a task uses it.</summary>
    public ValueTask<Result<RegisteredResource>> Release(uint resource)
    {
        var error = Admit(RingsPriority.Normal, null, resource != 0);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.ReleaseResource, RingsPriority.Normal, null);
        request.Resource = resource;
        return Control(request).Registered;
    }

    /// <summary>GET_STATS: numbers of the whole server.</summary>
    public ValueTask<Result<RingsStats>> Stats()
    {
        var error = Admit(RingsPriority.Normal, null);
        return error != Errno.None ? new(error) : Control(Make(RingsKind.GetStats, RingsPriority.Normal, null)).Stats;
    }

    /// <summary>GET_TRACE: adds the events after <paramref name="afterSequence"/> to a list, oldest first, at most <paramref name="maxEvents"/> (0 to 256).</summary>
    public ValueTask<Result<RingsTrace>> Trace(ulong afterSequence, int maxEvents, List<RingsTraceEvent> events)
    {
        var error = Admit(RingsPriority.Normal, null, maxEvents is >= 0 and <= RingsWire.TraceCapacity);
        if (error != Errno.None)
            return new(error);
        var request = Make(RingsKind.GetTrace, RingsPriority.Normal, null);
        request.Wide = afterSequence;
        request.Value = (uint)maxEvents;
        request.Events = events;
        return Control(request).Trace;
    }

    /// <summary>Closes the connection: what is under way ends with ESHUTDOWN here, and the server gives up what this client held. Loop thread.</summary>
    public async ValueTask DisposeAsync()
    {
        Fail(Errno.ESHUTDOWN, "closed");
        await _ended.Task.ConfigureAwait(true);
    }

    internal void Return(RingsRequest request) => _idle.Push(request);

    private bool IsLength(int length) => length > 0 && length <= Server.IoBytesMax;

    private Errno Admit(RingsPriority priority, RingsTicket? ticket, bool isSound = true)
    {
        if (_problem is { } problem)
            return problem.Error;
        if (!isSound || priority > RingsPriority.High || ticket is { IsUnderWay: true })
            return Errno.EINVAL;
        return _waiting.Count + _control.Count + _held.Count >= _options.MaxWaiting ? Errno.EAGAIN : Errno.None;
    }

    private RingsRequest Make(RingsKind kind, RingsPriority priority, RingsTicket? ticket)
    {
        if (!_idle.TryPop(out var request))
            request = new RingsRequest(this);
        request.Reset();
        request.Kind = kind;
        request.Priority = priority;
        request.Serial = ++_lastSerial;
        if (ticket is not null)
        {
            ticket.TaskId = 0;
            ticket.Request = request;
            request.Ticket = ticket;
        }

        return request;
    }

    private RingsRequest Start(RingsRequest request)
    {
        _waiting.Insert(request);
        Touch();
        return request;
    }

    private RingsRequest Control(RingsRequest request)
    {
        _control.Enqueue(request);
        Touch();
        return request;
    }
}

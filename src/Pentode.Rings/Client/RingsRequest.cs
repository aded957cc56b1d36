using System.Threading.Tasks.Sources;
using Pentode.Core;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Client;

/// <summary>One request of a client. Pooled; awaited once in the form that fits its kind; continued inline on the loop.</summary>
internal sealed class RingsRequest(RingsClient client) :
    IValueTaskSource<Result<int>>,
    IValueTaskSource<Result<AcceptedSocket>>,
    IValueTaskSource<Result<RegisteredResource>>,
    IValueTaskSource<Result<RingsStats>>,
    IValueTaskSource<Result<RingsTrace>>
{
    private ManualResetValueTaskSourceCore<Errno> _core;

    public ValueTask<Result<int>> Task => new(this, _core.Version);

    public ValueTask<Result<AcceptedSocket>> Accepted => new(this, _core.Version);

    public ValueTask<Result<RegisteredResource>> Registered => new(this, _core.Version);

    public ValueTask<Result<RingsStats>> Stats => new(this, _core.Version);

    public ValueTask<Result<RingsTrace>> Trace => new(this, _core.Version);

    public RingsKind Kind { get; set; }

    public RingsPriority Priority { get; set; }

    /// <summary>Order of the calls.</summary>
    public ulong Serial { get; set; }

    /// <summary>Nanoseconds, target task, or the sequence a trace starts after.</summary>
    public ulong Wide { get; set; }

    public uint Resource { get; set; }

    public uint Buffer { get; set; }

    /// <summary>Length, poll mask, address length, open flags or event count.</summary>
    public uint Value { get; set; }

    public uint Mode { get; set; }

    public int Descriptor { get; set; }

    /// <summary>What goes along; copied when it is sent.</summary>
    public ReadOnlyMemory<byte> Payload { get; set; }

    /// <summary>Where the payload of the completion goes.</summary>
    public Memory<byte> Target { get; set; }

    public List<RingsTraceEvent>? Events { get; set; }

    public RingsTicket? Ticket { get; set; }

    /// <summary>A cancel called before the server had given an id.</summary>
    public RingsRequest? Cancel { get; set; }

    public ulong TaskId { get; set; }

    /// <summary>Number of the send that carried it, to see whether a refusal is news.</summary>
    public ulong SentAs { get; set; }

    /// <summary>When it was first refused, or -1.</summary>
    public long RefusedAtMs { get; set; }

    public bool IsWaiting { get; set; }

    public RingsRequest? Previous { get; set; }

    public RingsRequest? Next { get; set; }

    /// <summary>What the completion or reply told.</summary>
    public int Value1 { get; set; }

    public int Value2 { get; set; }

    public RingsStats StatsValue { get; set; }

    public RingsTrace TraceValue { get; set; }

    /// <summary>True for tasks that hold a credit from acceptance to completion.</summary>
    public bool TakesCredit => Kind is >= RingsKind.Nop and <= RingsKind.Close and not RingsKind.Cancel;

    public bool IsTask => Kind is >= RingsKind.Nop and <= RingsKind.Close;

    public void Reset()
    {
        Payload = default;
        Target = default;
        Events = null;
        Ticket = null;
        Cancel = null;
        TaskId = 0;
        RefusedAtMs = -1;
        Value1 = 0;
        Value2 = 0;
    }

    /// <summary>Writes the request; returns its length.</summary>
    public int Write(Span<byte> to)
    {
        var prefix = new RingsPrefix(Kind, Priority);
        var data = Payload.Span;
        return Kind switch
        {
            RingsKind.Timeout => new RingsTimeoutRequest { Prefix = prefix, TimeoutNsec = Wide }.Write(to),
            RingsKind.Cancel => new RingsCancelRequest { Prefix = prefix, Target = Wide }.Write(to),
            RingsKind.SockRead or RingsKind.FileRead => new RingsReadRequest { Prefix = prefix, Resource = Resource, Length = Value }.Write(to),
            RingsKind.SockWrite or RingsKind.FileWrite => new RingsWriteRequest { Prefix = prefix, Resource = Resource, Length = (uint)data.Length, Data = data }.Write(to),
            RingsKind.SockReadFixed or RingsKind.SockWriteFixed => new RingsFixedRequest { Prefix = prefix, Resource = Resource, Buffer = Buffer, Length = Value }.Write(to),
            RingsKind.Poll => new RingsPollRequest { Prefix = prefix, Resource = Resource, Mask = (ushort)Value }.Write(to),
            RingsKind.Connect => new RingsConnectRequest { Prefix = prefix, Resource = Resource, Length = (uint)data.Length, Address = data }.Write(to),
            RingsKind.Accept => new RingsAcceptRequest { Prefix = prefix, Resource = Resource, AddressLength = Value }.Write(to),
            RingsKind.OpenAt => new RingsOpenAtRequest { Prefix = prefix, Flags = (int)Value, Mode = Mode, Length = (uint)data.Length, Path = data }.Write(to),
            RingsKind.Close or RingsKind.ReleaseResource => new RingsResourceRequest { Prefix = prefix, Resource = Resource }.Write(to),
            RingsKind.RegisterBuffer => new RingsRegisterBufferRequest { Prefix = prefix, Length = (uint)data.Length, Data = data }.Write(to),
            RingsKind.GetTrace => new RingsGetTraceRequest { Prefix = prefix, AfterSequence = Wide, MaxEvents = Value }.Write(to),
            _ => prefix.Write(to),
        };
    }

    public void SetResult(Errno error) => _core.SetResult(error);

    Result<int> IValueTaskSource<Result<int>>.GetResult(short token)
    {
        var value = Value1;
        var error = End(token);
        return error == Errno.None ? value : error;
    }

    Result<AcceptedSocket> IValueTaskSource<Result<AcceptedSocket>>.GetResult(short token)
    {
        var value = new AcceptedSocket((uint)Value1, Value2);
        var error = End(token);
        return error == Errno.None ? value : error;
    }

    Result<RegisteredResource> IValueTaskSource<Result<RegisteredResource>>.GetResult(short token)
    {
        var value = new RegisteredResource((uint)Value1, Value2);
        var error = End(token);
        return error == Errno.None ? value : error;
    }

    Result<RingsStats> IValueTaskSource<Result<RingsStats>>.GetResult(short token)
    {
        var value = StatsValue;
        var error = End(token);
        return error == Errno.None ? value : error;
    }

    Result<RingsTrace> IValueTaskSource<Result<RingsTrace>>.GetResult(short token)
    {
        var value = TraceValue;
        var error = End(token);
        return error == Errno.None ? value : error;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    private Errno End(short token)
    {
        var error = _core.GetResult(token);
        _core.Reset();
        client.Return(this);
        return error;
    }
}

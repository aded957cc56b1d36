using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>The numbers of a task request of any kind, from a frame that was measured.</summary>
internal readonly struct RingsArguments
{
    public RingsKind Kind { get; private init; }

    public uint Resource { get; private init; }

    public uint Buffer { get; private init; }

    /// <summary>Bytes to move, of an address or of a path.</summary>
    public uint Length { get; private init; }

    public ushort Mask { get; private init; }

    /// <summary>CANCEL: task id. TIMEOUT: nanoseconds.</summary>
    public ulong Target { get; private init; }

    public int OpenFlags { get; private init; }

    public uint OpenMode { get; private init; }

    /// <summary>Offset of the payload.</summary>
    public int PayloadAt { get; private init; }

    public bool UsesFile => Kind is not (RingsKind.Nop or RingsKind.Timeout or RingsKind.Cancel or RingsKind.OpenAt);

    /// <summary>Bytes shown in the trace.</summary>
    public uint TracedLength => Kind is >= RingsKind.SockRead and <= RingsKind.FileWrite ? Length : 0;

    /// <summary>Payload the completion may have.</summary>
    public uint PayloadMost => Kind is RingsKind.SockRead or RingsKind.FileRead or RingsKind.SockReadFixed or RingsKind.Accept ? Length : 0;

    public static RingsArguments Of(RingsKind kind, ReadOnlySpan<byte> frame)
    {
        switch (kind)
        {
            case RingsKind.Timeout:
                _ = RingsTimeoutRequest.TryRead(frame, out var timeout);
                return new RingsArguments { Kind = kind, Target = timeout.TimeoutNsec };
            case RingsKind.Cancel:
                _ = RingsCancelRequest.TryRead(frame, out var cancel);
                return new RingsArguments { Kind = kind, Target = cancel.Target };
            case RingsKind.SockRead or RingsKind.FileRead:
                _ = RingsReadRequest.TryRead(frame, out var read);
                return new RingsArguments { Kind = kind, Resource = read.Resource, Length = read.Length };
            case RingsKind.SockWrite or RingsKind.FileWrite:
                _ = RingsWriteRequest.TryRead(frame, out var write);
                return new RingsArguments { Kind = kind, Resource = write.Resource, Length = write.Length, PayloadAt = RingsWire.RequestSize };
            case RingsKind.SockReadFixed or RingsKind.SockWriteFixed:
                _ = RingsFixedRequest.TryRead(frame, out var fixedRequest);
                return new RingsArguments { Kind = kind, Resource = fixedRequest.Resource, Buffer = fixedRequest.Buffer, Length = fixedRequest.Length };
            case RingsKind.Poll:
                _ = RingsPollRequest.TryRead(frame, out var poll);
                return new RingsArguments { Kind = kind, Resource = poll.Resource, Mask = poll.Mask };
            case RingsKind.Connect:
                _ = RingsConnectRequest.TryRead(frame, out var connect);
                return new RingsArguments { Kind = kind, Resource = connect.Resource, Length = connect.Length, PayloadAt = RingsWire.RequestSize };
            case RingsKind.Accept:
                _ = RingsAcceptRequest.TryRead(frame, out var accept);
                return new RingsArguments { Kind = kind, Resource = accept.Resource, Length = accept.AddressLength };
            case RingsKind.OpenAt:
                _ = RingsOpenAtRequest.TryRead(frame, out var open);
                return new RingsArguments { Kind = kind, Length = open.Length, OpenFlags = open.Flags, OpenMode = open.Mode, PayloadAt = RingsWire.LongRequestSize };
            case RingsKind.Close:
                _ = RingsResourceRequest.TryRead(frame, out var close);
                return new RingsArguments { Kind = kind, Resource = close.Resource };
            default:
                return new RingsArguments { Kind = kind };
        }
    }
}

using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>From bytes to requests: receiving, descriptors on the way, handshakes, violations.</summary>
public sealed unsafe partial class RingsServer
{
    // Receives once if there is room and reason, and finds the first request.
    private void Gather(RingsSession session)
    {
        try
        {
            if (session.IsReadable && !session.IsEnding && session.IsStarving)
                Receive(session);
            Parse(session);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail(session, e);
        }
    }

    // A bug: the connection it happened on ends, the others are served on.
    private void Fail(RingsSession session, Exception error)
    {
        _options.Log.Write(LogLevel.Error, $"rings: internal error, please report it: {error}");
        session.DropInput();
        session.ReadyLength = 0;
        Doom(session);
    }

    private void Receive(RingsSession session)
    {
        var room = session.InputRoom(out var length);
        session.IsReadable = false;
        var count = DescriptorReceiving.Receive(session.Socket, room, length, _received, out var descriptors, out var isSound);
        if (count <= 0)
        {
            if (count != -(int)Errno.EAGAIN)
                Doom(session);
            return;
        }

        var start = session.InputOffset + session.Input.Length;
        session.Received(count);
        if (isSound && descriptors == 0)
            return;

        // Held here, even before its request is there, the client's end of a connection to this server would keep that connection for ever.
        if (!isSound || descriptors != 1 || session.PendingFd >= 0 || Sockets.IsConnectedTo(_received[0], _ownAddress))
        {
            for (var i = 0; i < descriptors; i++)
                CloseDescriptor(_received[i]);
            session.DropInput();
            Doom(session);
            return;
        }

        session.PendingFd = _received[0];
        session.PendingFdOwner = OwnerOfDescriptor(session, start);
    }

    // A receive ends behind the packet that carried the descriptor and may have earlier packets glued in front: it belongs to the last
    // registration that begins in what came, or else to the last request. None begins there: to the one already begun.
    private long OwnerOfDescriptor(RingsSession session, long start)
    {
        var data = session.Input;
        var at = session.InputOffset;
        long last = -1;
        long registration = -1;
        if (!session.IsGreeted)
        {
            if (data.Length <= RingsWire.HandshakeRequestSize)
                return at + RingsWire.HandshakeRequestSize;
            data = data[RingsWire.HandshakeRequestSize..];
            at += RingsWire.HandshakeRequestSize;
            last = at;
        }

        while (!data.IsEmpty)
        {
            last = at;
            var length = RingsFrame.Measure(data, (uint)_options.IoBytesMax);
            if (length <= 0)
                break;
            if (at >= start && KindOf(data) == RingsKind.RegisterFd)
                registration = at;
            data = data[length..];
            at += length;
        }

        return registration >= 0 ? registration : last < 0 ? at : last;
    }

    private static RingsKind KindOf(ReadOnlySpan<byte> frame) => (RingsKind)System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(frame[8..]);

    // Finds the next request; handshakes are answered at once since they decide nothing.
    private void Parse(RingsSession session)
    {
        if (session.IsEnding || session.ReadyLength > 0)
            return;
        if (!session.IsGreeted)
        {
            session.IsStarving = session.Input.Length < RingsWire.HandshakeRequestSize;
            if (session.IsStarving)
                return;
            Greet(session);
            if (session.IsEnding)
                return;
        }

        var length = RingsFrame.Measure(session.Input, (uint)_options.IoBytesMax);
        session.IsStarving = length == 0;
        if (length == 0)
            return;

        // A descriptor may only come with a registration.
        if (length < 0 || (session.PendingFd >= 0 && session.PendingFdOwner <= session.InputOffset && KindOf(session.Input) != RingsKind.RegisterFd))
        {
            session.DropInput();
            Doom(session);
            return;
        }

        _ = RingsPrefix.TryRead(session.Input[..RingsWire.PrefixSize], out var prefix);
        session.Ready = prefix;
        session.ReadyLength = length;
    }

    private void Greet(RingsSession session)
    {
        var isAccepted = RingsHandshakeRequest.TryRead(session.Input[..RingsWire.HandshakeRequestSize], out var request)
            && request.Header == RingsHeader.Current && request is { AbiMajor: RingsWire.Major, AbiMinor: RingsWire.Minor, Reserved: 0 };
        session.Consume(RingsWire.HandshakeRequestSize);
        session.IsGreeted = true;
        if (AsksForProtocol2(request) && HandOver(session))
            return;
        var result = new RingsHandshakeResult
        {
            Header = RingsHeader.Current, AbiMajor = RingsWire.Major, AbiMinor = RingsWire.Minor, Status = RingsWire.StatusReject,
        };
        if (isAccepted)
        {
            result = new RingsHandshakeResult
            {
                Header = RingsHeader.Current,
                AbiMajor = RingsWire.Major,
                AbiMinor = RingsWire.Minor,
                Status = RingsWire.StatusAccept,
                StructSize = RingsWire.CapabilitiesSize,
                Features = _ring.Features,
                RingEntries = _ringEntries,
                CompletionEntries = _ringEntries * 2,
                Operations = _operations,
                SubmitCredits = Credits,
                FdSlots = (uint)_options.RegisteredFds,
                BufferSlots = (uint)_options.RegisteredBuffers,
                IoBytesMax = (uint)_options.IoBytesMax,
            };
        }

        _ = result.Write(session.Reply(RingsWire.HandshakeResultSize));
        Activate(session);
        if (isAccepted)
            return;
        session.DropInput();
        session.IsEnding = true;
        session.IsRefused = true;
    }
}

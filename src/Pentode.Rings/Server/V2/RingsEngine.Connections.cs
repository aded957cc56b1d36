using System.Diagnostics;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Connections that come, and what is left of those that go.</content>
internal sealed unsafe partial class RingsEngine
{
    // Kept for a connection besides what it came with: those that wait for their message, a doorbell and a wake.
    private const int DescriptorsOfSession = RingsWire2.MaxWaitingDescriptors + 2;
    private const int DescriptorsOfArrival = 2;

    // So long after the last connection what was made for many goes back to the machine.
    private static readonly long s_restAfter = Stopwatch.Frequency;

    // So many connections leave garbage in the old generation of the heap, where nothing else would make the runtime look.
    private const uint ManyConnections = 1000;

    private readonly Stack<EnginePlace> _places = new();
    private bool _mustCancelAgain;
    private long _restAt = NoWait;
    private uint _numberAtRest;

    private EnginePlace TakePlace()
    {
        _restAt = NoWait;
        return _places.TryPop(out var place) ? place : new EnginePlace(_limits);
    }

    private void LeavePlace(EnginePlace place)
    {
        place.Clear();
        if (_places.Count < _sessions.Length)
            _places.Push(place);
        else
            place.Memory.Free();
        if (_sessionCount == 0)
            _restAt = Stopwatch.GetTimestamp() + s_restAfter;
    }

    // Nobody has been here for a while.
    private void Rest()
    {
        if (_restAt == NoWait || Stopwatch.GetTimestamp() < _restAt)
            return;
        if (_gone.Count > 0 || _kernelTasks > 0)
        {
            _restAt = Stopwatch.GetTimestamp() + s_restAfter;
            return;
        }

        _restAt = NoWait;
        while (_places.TryPop(out var place))
            place.Memory.Free();
        foreach (var task in _tasks)
            task.FreeControl();
        _tasks.Clear();
        _freeTasks.Clear();
        _blocks.Dispose();
        if (_number - _numberAtRest < ManyConnections)
            return;
        _numberAtRest = _number;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private void Admit(EngineArrival arrival)
    {
        var welcome = new RingsWelcome { Minor = RingsWire2.Minor, Status = RingsWire2.StatusFull };
        var slot = Array.IndexOf(_sessions, null);
        var hasRoom = slot >= 0 && _limits.Holdings.TryTakeDescriptors(DescriptorsOfSession);
        var identity = hasRoom ? _identities.Take(arrival.Peer.Uid, arrival.Peer.Gid, arrival.Groups) : Errno.EAGAIN;
        if (!identity.IsOk)
        {
            Span<byte> refusal = stackalloc byte[RingsWire2.WelcomeSize];
            welcome.Write(refusal);
            fixed (byte* p = refusal)
                _ = SocketCalls.Send(arrival.Socket, [new IoVector { Base = p, Length = RingsWire2.WelcomeSize }]);
            FileCalls.Close(arrival.Socket);
            _limits.Holdings.LeavePlace();
            _limits.Holdings.Leave(arrival.User, (hasRoom ? DescriptorsOfSession : 0) + DescriptorsOfArrival);
            return;
        }

        var session = new EngineSession(arrival.Socket, slot, ++_number, _limits, TakePlace())
        {
            Peer = arrival.Peer,
            Identity = identity.Value,
            User = arrival.User,
            MostWeight = WeightOf(arrival.Peer.Uid),
        };
        session.Weight = session.MostWeight;
        _sessions[slot] = session;
        _sessionCount++;
        welcome = welcome with
        {
            Status = RingsWire2.StatusAccept,
            Features = RingsFeatures.SharedRing | (_roots.Count > 0 ? RingsFeatures.Confined : 0) | (_options.ActAs == RingsActor.Caller ? RingsFeatures.ActsAsCaller : 0),
            Operations = Operations,
            Credits = (uint)_limits.Credits,
            Batch = RingsWire2.MaxBatch,
            Message = RingsWire2.MaxMessage,
            Inline = RingsWire2.MaxInline,
            Files = (uint)_limits.Files,
            Regions = (uint)_limits.Regions,
            RegionBytes = _limits.RegionBytes,
            RingEntries = RingsWire2.MaxRingEntries,
            Vectors = RingsWire2.MaxVectors,
            Transfer = RingsWire2.MaxTransfer,
            Weight = (uint)session.Weight,
            Client = session.Number,
        };
        welcome.Write(session.Reply(RingsWire2.WelcomeSize));
        session.IsReadable = true;
        Activate(session);
    }

    private int WeightOf(uint uid)
    {
        foreach (var (user, weight) in _options.Weights)
        {
            if (user == uid)
                return Math.Clamp(weight, 1, RingsServerOptions.MaxWeight);
        }

        return RingsServerOptions.DefaultWeight;
    }

    // Closes a connection: everything is cancelled, memory and descriptors go as the kernel lets go of them.
    private void End(EngineSession session)
    {
        if (session.IsGone)
            return;
        session.IsGone = true;
        session.IsActive = false;
        Discard(session);
        if (session.IsReadArmed)
            Cancel(Tag(TagRead, session.Number, (uint)session.Slot));
        if (session.IsWriteArmed)
            Cancel(Tag(TagWrite, session.Number, (uint)session.Slot));
        if (session.IsHangUpArmed)
            Cancel(Tag(TagHangUp, session.Number, (uint)session.Slot));
        FileCalls.Close(session.Socket);
        _hot.Remove(session);
        _sessions[session.Slot] = null;
        _sessionCount--;
        _limits.Holdings.LeavePlace();
        while (session.Descriptors.TryDequeue(out var descriptor))
            CloseDescriptor(descriptor);
        if (session.Ring is { } ring)
        {
            if (ring.IsDoorbellArmed)
                Cancel(Tag(TagDoorbell, session.Number, (uint)session.Slot));
            if (ring.IsWaking)
                Cancel(Tag(TagWake, session.Number, (uint)session.Slot));
        }

        while (session.SocketReady.TryDequeue(out var ready))
            _blocks.Return(ready.Block);
        session.RingReady.Clear();
        session.RingCredits.Clear();
        CancelAll(session);
        _gone.Add(session);
        Bury();
    }

    // The last things of connections whose operations are all over.
    private void Bury()
    {
        for (var i = _gone.Count - 1; i >= 0; i--)
        {
            var session = _gone[i];
            foreach (var file in session.Files)
            {
                if (file is { IsTaken: true, Users: 0 })
                    FreeFile(session, file);
            }

            if (session.TaskCount > 0 || session.KernelUses > 0)
                continue;
            if (session.Ring is { } ring)
            {
                ring.Region.Users--;
                FileCalls.Close(ring.Doorbell);
                FileCalls.Close(ring.Wake);
                session.Ring = null;
            }

            foreach (var region in session.Regions)
            {
                if (region is { IsTaken: true })
                    FreeRegion(session, region);
            }

            _identities.Drop(session.Identity);
            _limits.Holdings.Leave(session.User, DescriptorsOfSession + DescriptorsOfArrival);
            LeavePlace(session.Place);
            _gone.RemoveAt(i);
        }
    }

    private void RetryCancels()
    {
        if (!_mustCancelAgain)
            return;
        _mustCancelAgain = false;
        foreach (var session in _gone)
        {
            CancelAll(session);
            foreach (var tag in (ReadOnlySpan<uint>)[TagRead, TagWrite, TagDoorbell, TagWake, TagHangUp])
                Cancel(Tag(tag, session.Number, (uint)session.Slot));
        }
    }

    // An AF_UNIX socket closed with unread bytes resets its peer, who is to see what was sent and a plain end.
    private void Discard(EngineSession session)
    {
        Sockets.Shutdown(session.Socket);
        session.DropInput();
        for (var total = 0; total < DrainLimit;)
        {
            var room = session.InputRoom(out var length);
            var count = DescriptorReceiving.Receive(session.Socket, room, length, _received, out var descriptors, out _);
            for (var i = 0; i < descriptors; i++)
                CloseDescriptor(_received[i]);
            if (count <= 0)
                return;
            total += count;
        }
    }
}

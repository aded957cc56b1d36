using System.Diagnostics;
using Pentode.Core;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>Which request is next, and whether it is admitted.</summary>
public sealed unsafe partial class RingsServer
{
    private const int Bands = 4;

    // The order in which a band is taken: control requests, high, normal, low.
    private static int BandOf(RingsPrefix prefix) => prefix.Kind >= RingsKind.RegisterFd ? 0 : prefix.Priority switch
    {
        RingsPriority.High => 1,
        RingsPriority.Normal => 2,
        _ => 3,
    };

    // Takes at most one request of each client; returns how many.
    private int Round()
    {
        var ready = 0;
        var isCrowded = false;
        foreach (var session in _active)
        {
            if (session.ReadyLength == 0 || session.IsEnding)
                continue;
            ready++;
            isCrowded |= IsAtLimit(session, (uint)_options.IoBytesMax);
        }

        if (ready == 0)
            return 0;

        // Tasks the kernel has not seen yet hold credits that it may give back at once: nobody is refused for their sake.
        if (_stagedTasks > 0 && (isCrowded || Credits < ready || _outstanding + ready > _tasks.Length))
            Wait(0);
        var served = 0;
        var count = _active.Count;
        for (var band = 0; band < Bands; band++)
        {
            var first = FirstFrom(_cursor, count);
            for (var i = 0; i < count; i++)
            {
                var session = _active[(first + i) % count];
                if (session.ReadyLength == 0 || session.IsEnding || session.IsServed || BandOf(session.Ready) != band)
                    continue;
                session.IsServed = true;
                if (!Serve(session))
                    continue;
                served++;
                _cursor = session.Slot + 1;
            }
        }

        for (var i = 0; i < count; i++)
        {
            _active[i].IsServed = false;
            Parse(_active[i]);
        }

        return served;
    }

    // Index of the session with the smallest slot from the cursor on; the list is in order of slots.
    private int FirstFrom(int cursor, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (_active[i].Slot >= cursor)
                return i;
        }

        return 0;
    }

    // False when its answer has no room: the client must read first.
    private bool Serve(RingsSession session)
    {
        var kind = session.Ready.Kind;
        var frame = session.Input[..session.ReadyLength];
        var room = kind switch
        {
            RingsKind.GetStats => RingsWire.StatsSize,
            RingsKind.GetTrace => RingsWire.TraceHeadSize + (RingsWire.TraceCapacity * RingsWire.TraceEventSize),
            >= RingsKind.RegisterFd => RingsWire.ResourceResultSize,
            _ => RingsWire.SubmitResultSize + RingsWire.CompletionSize + _options.IoBytesMax,
        };
        if (session.OutputFree < room)
        {
            session.IsHeld = true;
            return false;
        }

        session.IsHeld = false;
        session.Operations++;
        try
        {
            if (kind >= RingsKind.RegisterFd)
                Control(session, kind, frame);
            else
                Submit(session, frame);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail(session, e);
            return true;
        }

        session.Consume(session.ReadyLength);
        session.ReadyLength = 0;
        return true;
    }

    private void Submit(RingsSession session, ReadOnlySpan<byte> frame)
    {
        var request = RingsArguments.Of(session.Ready.Kind, frame);
        var error = Admission(session, request);
        RingsTask? task = null;
        if (error == Errno.None)
            error = Prepare(session, request, frame, out task);
        if (task is null)
        {
            Refuse(session, request, error);
            return;
        }

        _accepted++;
        _lastTask = task.Id;
        _ = new RingsSubmitResult { Task = task.Id, Credits = Credits }.Write(session.Reply(RingsWire.SubmitResultSize));
        _trace.Add(RingsTraceKind.SubmitAccept, task.Kind, task.Priority, session.Slot, task.Id, task.Resource, 0, Credits, request.TracedLength);
        if (task.IsHere)
            ReadHere(task);
    }

    private void Refuse(RingsSession session, in RingsArguments request, Errno error)
    {
        _rejected++;
        session.Errors++;
        _ = new RingsSubmitResult { Result = -(int)error, Credits = Credits }.Write(session.Reply(RingsWire.SubmitResultSize));
        _trace.Add(RingsTraceKind.SubmitReject, request.Kind, session.Ready.Priority, session.Slot, 0, request.Resource, -(int)error, Credits, request.TracedLength);
    }

    // Checks 1 to 10: what needs no look at the resources.
    private Errno Admission(RingsSession session, in RingsArguments request)
    {
        if (request.Kind == RingsKind.Cancel)
        {
            if (_outstanding >= _tasks.Length)
                return Errno.EAGAIN;
            if ((_operations & RingsOperations.Cancel) == 0)
                return Errno.EOPNOTSUPP;
            return request.Target is 0 or >= RingsWire.FirstReservedTaskId ? Errno.EINVAL : Errno.None;
        }

        if (IsAtLimit(session, request.TracedLength <= (uint)_options.IoBytesMax ? request.TracedLength : 0))
            return Errno.EAGAIN;
        var needed = RingsOpcodes.Needed(request.Kind);
        if ((_operations & needed) != needed)
            return Errno.EOPNOTSUPP;
        var isLengthWrong = request.Length == 0 || request.Length > (uint)_options.IoBytesMax;
        var isWrong = request.Kind switch
        {
            RingsKind.SockRead or RingsKind.SockWrite or RingsKind.FileRead or RingsKind.FileWrite => request.Resource == 0 || isLengthWrong,
            RingsKind.Poll => request.Resource == 0 || request.Mask == 0,
            RingsKind.Connect or RingsKind.Accept or RingsKind.Close => request.Resource == 0,
            RingsKind.SockReadFixed or RingsKind.SockWriteFixed => request.Resource == 0 || request.Buffer == 0 || isLengthWrong,
            _ => false,
        };
        return isWrong ? Errno.EINVAL : Errno.None;
    }

    // Checks 11 to 19, then a task slot and an entry of the ring. Nothing is taken before everything is there.
    private Errno Prepare(RingsSession session, in RingsArguments request, ReadOnlySpan<byte> frame, out RingsTask? task)
    {
        task = null;
        RingsFile? file = null;
        RingsFile? newFile = null;
        RingsBuffer? buffer = null;
        if (request.Kind == RingsKind.OpenAt)
        {
            if (_lastTask + 1 >= RingsWire.FirstReservedTaskId)
                return Errno.EOVERFLOW;
            newFile = FreeFile(session);
            if (newFile is null)
                return Errno.EAGAIN;
        }
        else if (request.UsesFile)
        {
            file = session.FindFile(request.Resource);
            if (file is null)
                return Errno.ENOENT;
            if (request.Kind == RingsKind.Close && (file.InFlight > 0 || file.Descriptor < 0))
                return Errno.EBUSY;
            if (file.Descriptor < 0)
                return request.Kind is RingsKind.Connect or RingsKind.Accept ? Errno.EBADF : Errno.ENOENT;
        }

        if (request.Kind is RingsKind.SockReadFixed or RingsKind.SockWriteFixed)
        {
            buffer = session.FindBuffer(request.Buffer);
            if (buffer is null)
                return Errno.ENOENT;
            if (request.Kind == RingsKind.SockWriteFixed && request.Length > buffer.Length)
                return Errno.EINVAL;
        }

        if (_lastTask + 1 >= RingsWire.FirstReservedTaskId)
            return Errno.EOVERFLOW;
        if (_freeTasks.Count == 0)
            return Errno.EAGAIN;
        if (request.Kind == RingsKind.Accept)
        {
            newFile = FreeFile(session);
            if (newFile is null)
                return Errno.EAGAIN;
            if (_options.Fault == RingsFault.AcceptInvalid)
                return Errno.EINVAL;
        }

        // Shared with the other protocol, which may have taken the last of it meanwhile.
        var credits = request.Kind == RingsKind.Cancel ? 0 : 1;
        if (!session.User.TryTake(credits, request.TracedLength, _options))
            return Errno.EAGAIN;
        var error = newFile is not null && !TryCountFile(session) ? Errno.EAGAIN : Errno.None;
        var isHere = IsHere(file, request);
        var entry = error == Errno.None && !isHere ? Next() : null;
        if (entry == null && !isHere)
        {
            session.User.Give(credits, request.TracedLength, _options);
            if (newFile is not null && error == Errno.None)
                UncountFile(session);
            return error == Errno.None ? Errno.EBUSY : error;
        }

        task = _freeTasks.Pop();
        task.Id = _lastTask + 1;
        task.Generation++;
        task.Kind = request.Kind;
        task.Priority = session.Ready.Priority;
        task.Owner = session;
        task.Resource = request.Resource;
        task.Length = request.Length;
        task.File = file;
        task.NewFile = newFile;
        task.Buffer = buffer;
        task.Reserved = RingsWire.CompletionSize + (int)request.PayloadMost;
        task.CountedBytes = request.TracedLength;
        task.StartedAt = _taskLimit > 0 ? Stopwatch.GetTimestamp() : 0;
        task.IsOverdue = false;
        task.IsHere = isHere;
        task.IsWaiting = task.IsCancelled = task.HasTurn = false;
        Take(session, task);
        if (isHere)
            return Errno.None;
        Fill(entry, task, request, frame);
        Place(entry, task);
        _stagedTasks++;
        return Errno.None;
    }

    private void Take(RingsSession session, RingsTask task)
    {
        session.Reserved += task.Reserved;
        session.Outstanding++;
        _outstanding++;
        if (task.UsesCredit)
        {
            session.CreditTasks++;
            _creditTasks++;
        }

        session.BytesInFlight += task.CountedBytes;
        if (task.File is { } file)
            file.InFlight++;
        if (task.Buffer is { } buffer)
            buffer.InFlight++;
        if (task.NewFile is { } made)
        {
            made.Id = session.NextResource();
            made.InFlight = 1;
        }

        if (task.Kind != RingsKind.Close)
            return;
        task.ClosingDescriptor = task.File!.Descriptor;
        task.File.Descriptor = -1;
        task.File.IsClosing = true;
        _files--;
    }
}

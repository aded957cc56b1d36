using System.Diagnostics;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>One pass: wait, gather input, dispatch, answer.</summary>
public sealed unsafe partial class RingsServer
{
    // Between two looks at who else has something to say no more is done than this and one round, one request of each client: floods of many
    // delay the others by little.
    private const int RequestsPerPass = 256;
    private const int AcceptsPerPass = 64;
    private const int DrainLimit = 1 << 20;

    // A connection may bring a descriptor with each request, hence room for two.
    private const int DescriptorsOfSession = 2;

    // With limits far above the original's, a client waits for its own completions rather than for memory.
    private const int MostTaskOutput = 4 << 20;

    private static long Elapsed(long since) => (long)Stopwatch.GetElapsedTime(since).TotalMilliseconds;

    private void Pass()
    {
        // All input there is comes first, so that priorities are compared between clients.
        for (var i = 0; i < _active.Count; i++)
            Gather(_active[i]);
        RetryCancels();
        EndOverdue();
        StartDue();
        if (!_isSorted)
            _active.Sort(static (a, b) => a.Slot.CompareTo(b.Slot));
        _isSorted = true;
        int served;
        var all = 0;
        while ((served = Round()) > 0 && (all += served) < RequestsPerPass)
        {
        }

        _again |= served > 0;

        // Tasks that complete at once are answered together with their acceptance.
        if (_stagedTasks > 0)
            Wait(0);
        Settle();
    }

    private void Wait(uint minimum, int mostMs = -1)
    {
        KernelTimespec timeout;
        EnterArgument argument = default;
        var patience = minimum == 0 ? -1 : mostMs >= 0 ? mostMs : Patience();
        if (patience >= 0)
        {
            timeout.Seconds = patience / 1000;
            timeout.Nanoseconds = patience % 1000 * 1_000_000L;
            argument.Timeout = (ulong)&timeout;
        }

        _stagedTasks = 0;
        _ = _ring.Enter(_ring.Completed > 0 ? 0 : minimum, RingConstants.EnterGetEvents, patience >= 0 ? &argument : null);
        int count;
        while ((count = _ring.Take(_completed)) > 0)
        {
            for (var i = 0; i < count; i++)
                OnCompletion(_completed[i]);
        }
    }

    // Milliseconds until something other than a completion is due; -1 for never.
    private int Patience()
    {
        var patience = -1;
        if (!_isListenArmed)
            patience = RestMs;
        if (_taskLimit > 0 && _outstanding > 0)
            patience = patience < 0 ? UntilOverdueCheck() : Math.Min(patience, UntilOverdueCheck());
        if (_ending.Count > 0)
            patience = patience < 0 ? AskAgainMs : Math.Min(patience, AskAgainMs);
        if (_sessionCount == 0)
            return patience;
        foreach (var session in _sessions)
        {
            if (session is not { IsGone: false } || (session.IsGreeted && session.OutputPending == 0))
                continue;
            if (IsLate(session))
                Doom(session);
            patience = patience < 0 ? 1000 : patience;
        }

        return _active.Count > 0 ? 0 : patience;
    }

    private bool IsLate(RingsSession session) =>
        (!session.IsGreeted && Elapsed(session.AcceptedAt) > _options.HandshakeTimeout.TotalMilliseconds)
        || (session.OutputPending > 0 && Elapsed(session.ProgressAt) > _options.OutputTimeout.TotalMilliseconds);

    private void OnCompletion(in CompletionEntry completion)
    {
        var index = (int)(uint)completion.UserData;
        var generation = (uint)(completion.UserData >> 32) & 0xFFFFFF;
        switch ((uint)(completion.UserData >> 56))
        {
            case TagTask:
                if (_tasks[index] is { Id: not 0 } task && (task.Generation & 0xFFFFFF) == generation)
                    OnTaskCompleted(task, completion.Result);
                break;
            case TagRead:
                if (Find(index, generation) is { } readable)
                {
                    readable.IsReadArmed = false;
                    readable.IsReadable = true;
                    Activate(readable);
                }

                break;
            case TagWrite:
                if (Find(index, generation) is { } writable)
                {
                    writable.IsWriteArmed = false;
                    Activate(writable);
                }

                break;
            case TagListen:
                _isListenArmed = false;
                AcceptAll();
                break;
            case TagStop:
                _isStopping = true;
                break;
            default:
                break;
        }
    }

    private RingsSession? Find(int slot, uint generation) =>
        _sessions[slot] is { IsGone: false } session && (session.Generation & 0xFFFFFF) == generation ? session : null;

    private void Activate(RingsSession session)
    {
        if (session.IsActive || session.IsGone)
            return;
        session.IsActive = true;
        _active.Add(session);
        _isSorted &= _active.Count < 2 || _active[^2].Slot < session.Slot;
    }

    // Marks a connection for its end; the end comes in Settle.
    private void Doom(RingsSession session)
    {
        session.IsEnding = true;
        session.IsRefused = false;
        Activate(session);
    }

    private bool Arm(int descriptor, uint events, ulong tag)
    {
        var entry = Next();
        if (entry == null)
            return false;
        entry->Opcode = RingsOpcodes.PollAdd;
        entry->Descriptor = descriptor;
        entry->OperationFlags = events;
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

    private void ArmListener()
    {
        if (_isListenArmed || Stopwatch.GetTimestamp() < _listenRestsUntil)
            return;
        _isListenArmed = Arm(_listener, RingConstants.PollIn, Tag(TagListen, 0, 0));
    }

    private void AcceptAll()
    {
        for (var i = 0; i < AcceptsPerPass; i++)
        {
            var socket = _holdings.HasRoom(DescriptorsOfSession) ? SocketCalls.Accept(_listener) : -(int)Errno.EMFILE;
            if (socket >= 0)
            {
                Admit(socket);
                continue;
            }

            var error = (Errno)(-socket);
            if (error is Errno.EAGAIN or Errno.ECONNABORTED)
                return;

            // Out of descriptors or memory: the queue keeps the waiting until there are some again.
            _listenRestsUntil = Stopwatch.GetTimestamp() + (RestMs * Stopwatch.Frequency / 1000);
            if (_options.Log.IsEnabled(LogLevel.Warning))
                _options.Log.Write(LogLevel.Warning, $"rings: cannot accept for now: {Text(error)}");
            return;
        }
    }

    // Sends, ends and re-arms all that were looked at.
    private void Settle()
    {
        var kept = 0;
        for (var i = 0; i < _active.Count; i++)
        {
            var session = _active[i];
            Flush(session);
            if (session.IsEnding && !(session.IsRefused && session.OutputPending > 0))
            {
                End(session);
                continue;
            }

            // The next pass goes on where output made room or input is waiting.
            var hasWork = !session.IsEnding && ((session.ReadyLength > 0 && !session.IsHeld) || (session.IsReadable && session.IsStarving));
            var isArmed = true;
            if (!session.IsEnding && session is { IsStarving: true, IsReadable: false, IsReadArmed: false })
                isArmed = session.IsReadArmed = Arm(session.Socket, RingConstants.PollIn, Tag(TagRead, session.Generation, (uint)session.Slot));
            if (session.OutputPending > 0 && !session.IsWriteArmed)
                isArmed &= session.IsWriteArmed = Arm(session.Socket, RingConstants.PollOut, Tag(TagWrite, session.Generation, (uint)session.Slot));
            if (hasWork || !isArmed)
                _active[kept++] = session;
            else
                session.IsActive = false;
        }

        _active.RemoveRange(kept, _active.Count - kept);
        _again |= kept > 0;
    }

    private void Flush(RingsSession session)
    {
        if (session.OutputPending == 0 || session.IsWriteArmed)
            return;
        var part = new IoVector { Base = session.OutputPointer, Length = (nuint)session.OutputPending };
        var sent = SocketCalls.Send(session.Socket, new ReadOnlySpan<IoVector>(in part));
        if (sent > 0)
        {
            session.Sent(sent);
            session.IsHeld = false;
        }
        else if (sent < 0 && sent != -(int)Errno.EAGAIN)
        {
            session.DropOutput();
            Doom(session);
        }
    }

    // Closes a connection: its tasks are cancelled and give their credits back as the kernel lets go of them.
    private void End(RingsSession session)
    {
        if (session.IsGone)
            return;
        session.IsGone = true;
        session.IsActive = false;
        if (!session.IsHandedOver)
        {
            Discard(session);
            FileCalls.Close(session.Socket);
        }

        _sessions[session.Slot] = null;
        _sessionCount--;
        _memory[session.Slot]!.Rest();
        if (session.PendingFd >= 0)
            CloseDescriptor(session.PendingFd);
        session.PendingFd = -1;
        if (session.Outstanding > 0)
        {
            if (_ending.Count == 0)
                _cancelAgainAt = Stopwatch.GetTimestamp() + s_askAgainAfter;
            _ending.Add(session);
            CancelAll(session);
        }

        ReleaseAll(session);
        _identities.Drop(session.Identity);

        // With protocol 2 the engine keeps the place.
        if (session.IsHandedOver)
            return;
        _holdings.LeavePlace();
        _holdings.Leave(session.User, DescriptorsOfSession);
    }

    // An AF_UNIX socket closed with unread bytes resets its peer, who is to see a plain end.
    private void Discard(RingsSession session)
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

using System.Diagnostics;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>One pass: wait, take what came, give everybody a turn, answer.</content>
internal sealed unsafe partial class RingsEngine
{
    // A client that has had so much looked at waits until the others had their turn.
    private const int MessagesPerPass = 8;
    private const int RecordsPerPass = 64;

    private const int IdlePassesUntilDoorbell = 64;
    private const long NoWait = long.MaxValue;
    private const int DrainLimit = 1 << 20;

    private static long Nanoseconds(long stamps) => (long)(stamps * (1e9 / Stopwatch.Frequency));

    private void Pass()
    {
        Wait(_again || LooksBeforeSleep() ? 0u : 1u, Patience());
        _again = false;
        _bytesHere = 0;
        while (_arrivals.TryDequeue(out var arrival))
            Admit(arrival);
        RetryCancels();
        TakeFromWorkers();
        RunTimes();
        foreach (var session in _hot)
            Activate(session);
        for (var i = 0; i < _active.Count; i++)
            Guarded(_active[i], static (engine, session) => engine.Gather(session));
        Schedule();

        // What completes at once is answered together.
        if (_ring.Unsubmitted > 0)
            Wait(0, NoWait);
        Schedule();
        for (var i = _active.Count - 1; i >= 0; i--)
            Guarded(_active[i], static (engine, session) => engine.Settle(session));
        _active.RemoveAll(static session => !session.IsActive);
        _again |= _active.Count > 0;
        Bury();
        Rest();
    }

    private void Guarded(in CompletionEntry completion)
    {
        try
        {
            OnCompletion(completion);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug: the completions behind this one are none the worse for it.
            _options.Log.Write(LogLevel.Error, $"rings: internal error, please report it: {e}");
        }
    }

    private void Guarded(EngineSession session, Action<RingsEngine, EngineSession> work)
    {
        try
        {
            work(this, session);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug: the connection it happened on ends, the others are served on.
            _options.Log.Write(LogLevel.Error, $"rings: internal error, please report it: {e}");
            Goodbye(session, RingsGoodbyeReason.Internal, RingsMessageType.None);
            Activate(session);
        }
    }

    // Sets the doorbell of all who did without, and looks once more.
    private bool LooksBeforeSleep()
    {
        var isWork = false;
        foreach (var session in _hot)
            session.Ring!.SetNeedDoorbell(true);
        if (_hot.Count > 0)
            Interlocked.MemoryBarrier();
        for (var i = _hot.Count - 1; i >= 0; i--)
        {
            var session = _hot[i];
            if (IsHeldBack(session))
            {
                // It rings when it has made room.
                _hot.RemoveAt(i);
            }
            else if (session.Ring!.Published() != 0)
            {
                isWork = true;
                session.Ring.IdlePasses = 0;
                session.Ring.SetNeedDoorbell(false);
            }
            else if (++session.Ring!.IdlePasses > IdlePassesUntilDoorbell)
            {
                _hot.RemoveAt(i);
            }
        }

        return isWork;
    }

    private void Wait(uint minimum, long mostNsec)
    {
        KernelTimespec timeout;
        EnterArgument argument = default;
        if (mostNsec != NoWait)
        {
            timeout.Seconds = mostNsec / 1_000_000_000;
            timeout.Nanoseconds = mostNsec % 1_000_000_000;
            argument.Timeout = (ulong)&timeout;
        }

        _ = _ring.Enter(_ring.Completed > 0 ? 0 : minimum, RingConstants.EnterGetEvents, minimum > 0 && mostNsec != NoWait ? &argument : null);
        int count;
        while ((count = _ring.Take(_completed)) > 0)
        {
            for (var i = 0; i < count; i++)
                Guarded(_completed[i]);
        }
    }

    // Nanoseconds until something other than a completion is due.
    private long Patience()
    {
        var patience = NoWait;
        var now = Stopwatch.GetTimestamp();
        if (_times.First is { } first)
            patience = Math.Max(0, Nanoseconds(first.DueAt - now));
        if (IsWorkHeldBack || _workers.HasWaiting)
            patience = Math.Min(patience, 10_000_000);
        if (_mustCancelAgain)
            patience = 0;
        if (_sessionCount == 0)
            return _restAt == NoWait ? patience : Math.Min(patience, Math.Max(0, Nanoseconds(_restAt - now)));
        foreach (var session in _sessions)
        {
            if (session is not { IsGone: false, OutputPending: > 0 })
                continue;
            if (Stopwatch.GetElapsedTime(session.ProgressAt) > _options.OutputTimeout)
            {
                session.DropOutput();
                Doom(session);
                return 0;
            }

            patience = Math.Min(patience, 1_000_000_000);
        }

        return patience;
    }

    private void OnCompletion(in CompletionEntry completion)
    {
        var index = (int)(uint)completion.UserData;
        var generation = (uint)(completion.UserData >> 32) & 0xFFFFFF;
        var hasMore = (completion.Flags & RingConstants.CompletionMore) != 0;
        var tag = (uint)(completion.UserData >> 56);
        switch (tag)
        {
            case TagTask:
                if (_tasks[index] is { State: EngineTaskState.InKernel } task && (task.Generation & 0xFFFFFF) == generation)
                    OnKernel(task, completion.Result, hasMore);
                return;
            case TagStop:
                _isEventArmed = false;
                Span<byte> value = stackalloc byte[8];
                FileCalls.Read(_event, value);
                return;
            case TagIgnore:
                return;
            default:
                break;
        }

        // The session is kept until the kernel has let go of it.
        if (Find(index, generation) is not { } session)
            return;
        if (!hasMore)
            session.KernelUses--;
        switch (tag)
        {
            case TagRead:
                session.IsReadArmed = false;
                session.IsReadable = true;
                break;
            case TagWrite:
                session.IsWriteArmed = false;
                break;
            case TagHangUp:
                session.IsHangUpArmed = false;
                session.IsEnding = true;
                break;
            case TagDoorbell:
                session.Ring!.IsDoorbellArmed &= hasMore;
                Heat(session);
                break;
            default:
                session.Ring!.IsWaking = false;
                session.Ring.HasNews |= session.Ring.MustWakeAgain;
                session.Ring.MustWakeAgain = false;
                break;
        }

        if (!session.IsGone)
            Activate(session);
    }

    private void Heat(EngineSession session)
    {
        if (session.IsGone || session.Ring is not { } ring)
            return;
        ring.IdlePasses = 0;
        ring.SetNeedDoorbell(false);
        if (!_hot.Contains(session))
            _hot.Add(session);
    }

    private EngineSession? Find(int slot, uint generation)
    {
        if (_sessions[slot] is { } session && (session.Number & 0xFFFFFF) == generation)
            return session;
        foreach (var gone in _gone)
        {
            if (gone.Slot == slot && (gone.Number & 0xFFFFFF) == generation)
                return gone;
        }

        return null;
    }

    private void Activate(EngineSession session)
    {
        if (session.IsActive || session.IsGone)
            return;
        session.IsActive = true;
        _active.Add(session);
    }

    private void Doom(EngineSession session)
    {
        session.IsEnding = true;
        Activate(session);
    }

    // Takes completions out, sends, re-arms or ends.
    private void Settle(EngineSession session)
    {
        if (session.IsGone)
            return;
        if (!session.IsEnding)
            Deliver(session);
        Flush(session);
        if (session.IsEnding)
        {
            End(session);
            return;
        }

        var isArmed = true;
        var isHeld = IsHeldBack(session);
        if (session is { IsReadable: false, IsReadArmed: false } && !isHeld)
        {
            session.IsReadArmed = isArmed = Arm(session.Socket, RingConstants.PollIn, Tag(TagRead, session.Number, (uint)session.Slot));
            session.KernelUses += isArmed ? 1 : 0;
        }

        // Its end would not be seen where nothing is read. Once armed it stays.
        if (isHeld && session is { IsReadArmed: false, IsHangUpArmed: false })
        {
            session.IsHangUpArmed = Arm(session.Socket, 0, Tag(TagHangUp, session.Number, (uint)session.Slot));
            session.KernelUses += session.IsHangUpArmed ? 1 : 0;
            isArmed &= session.IsHangUpArmed;
        }

        if (session.OutputPending > 0 && !session.IsWriteArmed)
        {
            session.IsWriteArmed = Arm(session.Socket, RingConstants.PollOut, Tag(TagWrite, session.Number, (uint)session.Slot));
            session.KernelUses += session.IsWriteArmed ? 1 : 0;
            isArmed &= session.IsWriteArmed;
        }

        if (session.Ring is { } ring)
            isArmed &= SettleRing(session, ring);
        session.IsActive = !isArmed || (!isHeld && (session.MayParse || session.IsReadable))
            || (session.SocketReady.Count > 0 && session.OutputFree > RingsWire2.MaxMessage);
    }

    private static void Flush(EngineSession session)
    {
        if (session.OutputPending == 0 || session.IsWriteArmed)
            return;
        var part = new IoVector { Base = session.OutputPointer, Length = (nuint)session.OutputPending };
        var sent = SocketCalls.Send(session.Socket, new ReadOnlySpan<IoVector>(in part));
        if (sent > 0)
        {
            session.Sent(sent);
        }
        else if (sent < 0 && sent != -(int)Errno.EAGAIN)
        {
            session.DropOutput();
            session.IsEnding = true;
        }
    }
}

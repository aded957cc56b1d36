using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Uring.Portable;

/// <content>Readiness of descriptors, and accepting.</content>
public sealed partial class PortableLoop
{
    private const int AcceptsPerTurn = 64;
    private const int AcceptPauseMs = 50;

    private readonly Dictionary<int, DescriptorState> _descriptors = [];
    private readonly List<DescriptorState> _dirty = [];
    private uint _lastGeneration;

    /// <inheritdoc/>
    public override void Accept(int listener, IAcceptSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        if (!IsCurrent)
            throw new InvalidOperationException("operations start on their loop only");
        var state = StateOf(listener);
        if (state.Sink is not null)
            throw new InvalidOperationException("the listener already accepts");
        state.Sink = sink;
        if (_isStopping)
            EndAccept(state, -(int)Errno.ECANCELED);
        else
            MarkDirty(state);
    }

    /// <inheritdoc/>
    public override void StopAccepting(int listener)
    {
        if (_descriptors.TryGetValue(listener, out var state))
            EndAccept(state, 0);
    }

    /// <inheritdoc/>
    public override void Close(int descriptor)
    {
        if (_descriptors.Remove(descriptor, out var state))
        {
            EndAccept(state, -(int)Errno.EBADF);
            if (state.IsRegistered)
                _ = ReadinessCalls.Control(_epoll, 2, descriptor, 0, 0);
            state.IsRegistered = false;
        }

        _ = FileCalls.Close(descriptor);
    }

    private DescriptorState StateOf(int descriptor)
    {
        if (!_descriptors.TryGetValue(descriptor, out var state))
        {
            _lastGeneration = (_lastGeneration + 1) & 0x7FFFFFFF;
            state = new DescriptorState(descriptor, _lastGeneration);
            _descriptors.Add(descriptor, state);
        }

        return state;
    }

    private void Wait(DescriptorState state, List<PortableOperation> waiting, PortableOperation operation)
    {
        waiting.Add(operation);
        MarkDirty(state);
    }

    private void MarkDirty(DescriptorState state)
    {
        if (state.IsDirty)
            return;
        state.IsDirty = true;
        _dirty.Add(state);
    }

    /// <summary>Tells epoll what is waited for; one call for each descriptor whose wishes changed since the last wait.</summary>
    private void Rearm()
    {
        // By number, since a failure here marks its descriptor again.
        for (var i = 0; i < _dirty.Count; i++)
        {
            var state = _dirty[i];
            state.IsDirty = false;
            var wanted = state.Wanted();
            if (wanted == state.Armed || !_descriptors.TryGetValue(state.Descriptor, out var current) || current != state)
                continue;
            var result = Arm(state, wanted);
            if (result == -(int)Errno.EPERM)
                EndPolls(state);
            if (result < 0 && wanted != 0)
                FailWaiting(state, result);
        }

        _dirty.Clear();
    }

    private int Arm(DescriptorState state, uint wanted)
    {
        var events = wanted | DescriptorState.OneShot;
        var result = ReadinessCalls.Control(_epoll, state.IsRegistered ? 3 : 1, state.Descriptor, events, state.Cookie);

        // Somebody may have closed the descriptor without telling the loop, and its number may be in use again.
        if (result == -(int)Errno.ENOENT)
            result = ReadinessCalls.Control(_epoll, 1, state.Descriptor, events, state.Cookie);
        else if (result == -(int)Errno.EEXIST)
            result = ReadinessCalls.Control(_epoll, 3, state.Descriptor, events, state.Cookie);
        state.IsRegistered = result == 0;
        state.Armed = result == 0 ? wanted : 0;
        return result;
    }

    // epoll refuses files that never block; poll(2) calls them ready.
    private void EndPolls(DescriptorState state)
    {
        foreach (var poll in state.Polls)
            End(poll, poll.Mode & (int)(DescriptorState.In | DescriptorState.Out));
        state.Polls.Clear();
    }

    private void FailWaiting(DescriptorState state, int result)
    {
        foreach (var waiting in (List<PortableOperation>[])[state.Readers, state.Writers, state.Polls])
        {
            foreach (var operation in waiting)
                End(operation, result);
            waiting.Clear();
        }

        EndAccept(state, result);
    }

    private void OnReady(uint bits, ulong cookie)
    {
        if (!_descriptors.TryGetValue((int)(cookie & 0xFFFFFFFF), out var state) || state.Cookie != cookie)
            return;
        state.Armed = 0;
        MarkDirty(state);
        const uint Broken = DescriptorState.Err | DescriptorState.Hup;
        if ((bits & (DescriptorState.In | Broken)) != 0)
        {
            Advance(state.Readers);
            if (state.Sink is not null && !state.IsAcceptPaused)
                AcceptWaiting(state);
        }

        if ((bits & (DescriptorState.Out | Broken)) != 0)
            Advance(state.Writers);
        for (var i = state.Polls.Count - 1; i >= 0; i--)
        {
            var poll = state.Polls[i];
            var hit = bits & ((uint)poll.Mode | Broken);
            if (hit == 0)
                continue;
            state.Polls.RemoveAt(i);
            End(poll, (int)hit);
        }
    }

    private void Advance(List<PortableOperation> waiting)
    {
        while (waiting.Count > 0)
        {
            var result = waiting[0].TryOnce();
            if (result == -(int)Errno.EAGAIN)
                return;
            End(waiting[0], result);
            waiting.RemoveAt(0);
        }
    }

    private void AcceptWaiting(DescriptorState state)
    {
        for (var i = 0; i < AcceptsPerTurn && state.Sink is { } sink; i++)
        {
            var result = SocketCalls.Accept(state.Descriptor);
            if (result >= 0)
            {
                Accepted(sink, result);
                continue;
            }

            switch ((Errno)(-result))
            {
                case Errno.EAGAIN:
                    return;
                case Errno.ECONNABORTED or Errno.EPROTO or Errno.EPERM or Errno.ENETDOWN or Errno.EHOSTUNREACH or Errno.ENETUNREACH:
                    continue;
                case Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM:
                    state.IsAcceptPaused = true;
                    _timers.Add(_nowMs + AcceptPauseMs, new AcceptRetry(ResumeAccept, state));
                    return;
                default:
                    EndAccept(state, result);
                    return;
            }
        }
    }

    private void ResumeAccept(DescriptorState state)
    {
        state.IsAcceptPaused = false;
        MarkDirty(state);
    }

    private void EndAccept(DescriptorState state, int result)
    {
        if (state.Sink is not { } sink)
            return;
        state.Sink = null;
        MarkDirty(state);
        Post(_ => AcceptEnded(sink, result));
    }
}

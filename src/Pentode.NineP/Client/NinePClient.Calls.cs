using Pentode.Core;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <content>Tags, fids, cancelling.</content>
public sealed partial class NinePClient
{
    private readonly List<NinePCall?> _calls = [];
    private readonly Stack<ushort> _freeTags = new();
    private readonly Stack<NinePCall> _pool = new();
    private readonly Stack<uint> _freeFids = new();
    private NinePCall? _versionCall;
    private uint _nextFid;
    private int _active;

    internal void Return(NinePCall call) => _pool.Push(call);

    /// <summary>Sends a request. The caller fills in what the answer needs before it returns to the loop.</summary>
    private Errno Start<T>(in T message, CancellationToken cancel, out NinePCall call)
        where T : IWireMessage<T>, allows ref struct
    {
        var error = Begin(T.Type, cancel, out call);
        if (error != Errno.None)
            return error;
        error = Append(call.Tag, message);
        if (error != Errno.None)
            Abandon(call);
        return error;
    }

    private Errno Begin(P9Type type, CancellationToken cancel, out NinePCall call)
    {
        if (!Loop.IsCurrent)
            throw new InvalidOperationException("a 9P client is used on its loop only");
        call = null!;
        if (Error != Errno.None)
            return Error;
        if (cancel.IsCancellationRequested)
            return Errno.ECANCELED;
        if (!_freeTags.TryPop(out var tag))
        {
            // What cleans up may always be sent.
            var limit = type is P9Type.Tflush or P9Type.Tclunk ? P9Limits.NoTag : Math.Min(_options.MaxRequests, short.MaxValue);
            if (_calls.Count >= limit)
                return Errno.EAGAIN;
            tag = (ushort)_calls.Count;
            _calls.Add(null);
        }

        call = _pool.TryPop(out var idle) ? idle : new NinePCall(this);
        call.Type = type;
        call.Tag = tag;
        _calls[tag] = call;
        _active++;
        if (cancel.CanBeCanceled)
            call.Registration = cancel.UnsafeRegister(static state => ((CancelRequest)state!).Post(), new CancelRequest(call, call.Generation, this));
        return Errno.None;
    }

    /// <summary>Takes a request back that was not sent.</summary>
    private void Abandon(NinePCall call)
    {
        FreeTag(call);
        call.Registration.Dispose();
        call.Recycle();
    }

    private void FreeTag(NinePCall call)
    {
        if (call == _versionCall)
        {
            _versionCall = null;
        }
        else
        {
            _calls[call.Tag] = null;
            _freeTags.Push(call.Tag);
        }

        _active--;
    }

    private void Answered(NinePCall call)
    {
        call.HasReply = true;
        if (call.Flushed is { } flushed)
        {
            // No answer will follow, so this is the last chance of the flushed request.
            call.Flushed = null;
            flushed.IsFlushing = false;
            if (!flushed.HasReply)
                flushed.Error = Errno.ECANCELED;
            flushed.HasReply = true;
            FinishIfDone(flushed);
        }

        FinishIfDone(call);
    }

    /// <summary>Ends a request that is answered, whose memory the socket no longer reads and whose tag is free again.</summary>
    private void FinishIfDone(NinePCall call)
    {
        if (!call.HasReply || call.IsUnsent || call.IsFlushing)
            return;
        FreeTag(call);
        SettleFids(call);
        End(call);
    }

    private static void End(NinePCall call)
    {
        call.Registration.Dispose();
        call.Complete();
    }

    private void SettleFids(NinePCall call)
    {
        // After a flush nobody knows whether the server made or freed the fid: the number is not used again.
        if (call.Error == Errno.ECANCELED)
            return;
        if (call.Type is P9Type.Tclunk or P9Type.Tremove)
            FreeFid(call.Fid);
        if (call.NewFid == P9Limits.NoFid || call.Error == Errno.None)
            return;
        if (call.Type == P9Type.Twalk && call.Number > 0)
            Forget(call.NewFid);
        else
            FreeFid(call.NewFid);
    }

    private uint TakeFid()
    {
        if (FidsInUse >= _options.MaxFids)
            return P9Limits.NoFid;
        FidsInUse++;
        return _freeFids.TryPop(out var fid) ? fid : _nextFid++;
    }

    private void FreeFid(uint fid)
    {
        FidsInUse--;
        _freeFids.Push(fid);
    }

    private void Cancel(NinePCall call)
    {
        if (call.HasReply || call.IsFlushing)
            return;
        if (Start(new Tflush { Oldtag = call.Tag }, default, out var flush) != Errno.None)
            return;
        flush.IsForgotten = true;
        flush.Flushed = call;
        call.IsFlushing = true;
    }

    /// <summary>The connection is gone: everything ends with its error.</summary>
    private void EndAll()
    {
        _direct = null;
        var all = new List<NinePCall>(_active);
        if (_versionCall is not null)
            all.Add(_versionCall);
        foreach (var call in _calls)
        {
            if (call is not null)
                all.Add(call);
        }

        _calls.Clear();
        _versionCall = null;
        _active = 0;
        foreach (var call in all)
        {
            // What was answered before is kept.
            if (!call.HasReply)
                call.Error = Error;
            call.HasReply = true;
            End(call);
        }
    }

    private sealed record CancelRequest(NinePCall Call, long Generation, NinePClient Client)
    {
        public void Post() => Client.Loop.Post(static state => ((CancelRequest)state!).Run(), this);

        private void Run()
        {
            if (Call.Generation == Generation && Client.Error == Errno.None)
                Client.Cancel(Call);
        }
    }
}

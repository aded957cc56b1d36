using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Diagnostics;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>From a frame to its handler and from the handler's result to the reply.</summary>
internal sealed partial class NinePConnection
{
    /// <summary>Results of handlers beside errno: the frame does not parse; the reply comes later.</summary>
    private const Errno BadFrame = (Errno)10001;
    private const Errno Held = (Errno)10002;

    private void RunFrame(int from, int size)
    {
        var frame = Input.Memory.GetSpan().Slice(from, size);
        var type = (P9Type)frame[4];
        var tag = BinaryPrimitives.ReadUInt16LittleEndian(frame[5..]);
        if (!_hasVersion && type != P9Type.Tversion)
        {
            Malformed("session start");
            return;
        }

        if (type == P9Type.Tflush)
        {
            FlushTag(tag, frame[P9Limits.HeaderSize..]);
            return;
        }

        if (type != P9Type.Tversion && _tags.ContainsKey(tag))
        {
            Malformed("tag, in use");
            return;
        }

        var request = NewRequest(type, tag);
        var body = frame[P9Limits.HeaderSize..];
        if (type == P9Type.Twrite)
        {
            Input.Take();
            request.Receive = Input;
            request.Body = Input.Memory.Slice(from + P9Limits.HeaderSize, body.Length);
        }
        else
        {
            request.CopyBody(body);
        }

        _operations++;
        if (_options.Trace)
            request.TraceStart = System.Diagnostics.Stopwatch.GetTimestamp();
        Errno error;
        try
        {
            var task = Dispatch(request);
            if (!task.IsCompleted)
            {
                MarkPending(request);
                request.Await(task);
                return;
            }

            error = task.GetAwaiter().GetResult();
        }
#pragma warning disable CA1031 // One request's bug must not end the daemon.
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = Failed(request, e);
        }

        Finish(request, error);
    }

    /// <summary>A handler that could not end at once has ended, on the loop: volumes complete where they were called.</summary>
    internal void Continue(Request request)
    {
        if (!Loop.IsCurrent)
        {
            Loop.Post(static r => ((Request)r!).Continue(), request);
            return;
        }

        Errno error;
        try
        {
            error = request.TakeResult();
        }
#pragma warning disable CA1031 // One request's bug must not end the daemon.
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = Failed(request, e);
        }

        Finish(request, error);
    }

    private Request NewRequest(P9Type type, ushort tag)
    {
        if (!_requests.TryPop(out var request))
            request = new Request(this);
        request.Type = type;
        request.Tag = tag;
        request.Epoch = _epoch;
        request.IsAnswered = false;
        return request;
    }

    private void MarkPending(Request request)
    {
        if (request.IsPending)
            return;
        request.IsPending = true;
        Pending++;
        if (request.Epoch == _epoch)
            _tags[request.Tag] = request;
    }

    /// <summary>A bug: logged, and EIO for the client unless it has its answer already.</summary>
    private Errno Failed(Request request, Exception e)
    {
        _options.Log.Write(LogLevel.Error, $"9p: {_peer}: {request.Type} failed: {e}");
        return request.IsAnswered ? Errno.None : Errno.EIO;
    }

    /// <summary>Counts a buffer of a request against the connection until the request ends.</summary>
    private void Hold(Request request, NativeBuffer buffer)
    {
        request.HeldBytes += buffer.Capacity;
        HeldBytes += buffer.Capacity;
    }

    private ValueTask<Errno> Dispatch(Request q) => q.Type switch
    {
        P9Type.Tversion => new(Version(q)),
        P9Type.Tauth => new(Tauth.TryRead(q.Body.Span, out _) ? Errno.ENOENT : BadFrame),
        P9Type.Tattach => Attach(q),
        P9Type.Twalk => Walk(q),
        P9Type.Tgetattr => GetAttributes(q),
        P9Type.Tsetattr => SetAttributes(q),
        P9Type.Tstatfs => Statistics(q),
        P9Type.Tlopen => Open(q),
        P9Type.Tlcreate => Create(q),
        P9Type.Tread => Read(q),
        P9Type.Twrite => Write(q),
        P9Type.Tfsync => Sync(q),
        P9Type.Treaddir => ReadDirectory(q),
        P9Type.Tclunk => Clunk(q),
        P9Type.Tremove => Remove(q),
        P9Type.Tmkdir => MakeDirectory(q),
        P9Type.Tmknod => MakeNode(q),
        P9Type.Tsymlink => MakeSymbolicLink(q),
        P9Type.Treadlink => ReadLink(q),
        P9Type.Tlink => Link(q),
        P9Type.Trename => Rename(q),
        P9Type.Trenameat => RenameAt(q),
        P9Type.Tunlinkat => UnlinkAt(q),
        P9Type.Txattrwalk => XattrWalk(q),
        P9Type.Txattrcreate => new(XattrCreate(q)),
        P9Type.Tlock => Lock(q),
        P9Type.Tgetlock => GetLock(q),
        _ => new(Errno.EOPNOTSUPP),
    };

    /// <summary>Ends a request: error reply if any, then the flushes that waited for it.</summary>
    private void Finish(Request request, Errno error)
    {
        if (error == Held)
        {
            MarkPending(request);
            return;
        }

        if (_options.Trace)
            Trace(request, error);
        if (error == BadFrame)
        {
            if (request.Epoch == _epoch)
                Malformed(request.Type.ToString());
        }
        else if (error != Errno.None)
        {
            _errors++;
            _server.Errors?.Add();
            Answer(request, new Rlerror { Ecode = (uint)error });
        }

        Retire(request);
    }

    private void Retire(Request request)
    {
        _server.Requests?.Add();
        Totals.CountRequest(request.Type);
        if (request.IsPending)
        {
            request.IsPending = false;
            Pending--;
            if (_tags.TryGetValue(request.Tag, out var current) && current == request)
                _tags.Remove(request.Tag);
        }

        if (request.Flushes is { Count: > 0 } flushes)
        {
            foreach (var tag in flushes)
                AnswerEmpty(request, P9Type.Rflush, tag);
            flushes.Clear();
        }

        DropFid(request.First);
        DropFid(request.Second);
        request.First = request.Second = null;
        request.Node?.Release();
        request.Node = null;
        HeldBytes -= request.HeldBytes;
        request.HeldBytes = 0;
        request.Reply?.Release();
        request.Reply = null;
        if (request.Receive is { } receive)
            Drop(receive);
        request.Receive = null;

        request.LockOwner = null;
        request.ForgetGivingUp();
        request.Body = default;
        if (_requests.Count < _options.MaxTags)
            _requests.Push(request);
        QueueTurnEnd();
        FinishClose();
    }

    private void FlushTag(ushort tag, ReadOnlySpan<byte> body)
    {
        if (!Tflush.TryRead(body, out var m))
        {
            Malformed("Tflush");
            return;
        }

        var request = NewRequest(P9Type.Tflush, tag);
        Totals.CountRequest(P9Type.Tflush);
        if (m.Oldtag != tag && _tags.TryGetValue(m.Oldtag, out var old))
        {
            var flushes = old.Flushes ??= [];
            if (flushes.Count >= _options.MaxTags)
            {
                Malformed("Tflush, too many of one tag");
                return;
            }

            flushes.Add(tag);
            if (RemoveLockWaiter(old))
                Retire(old);
            else
                old.GiveUp();
        }
        else
        {
            AnswerEmpty(request);
        }

        _requests.Push(request);
    }
}

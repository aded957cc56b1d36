using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Pentode.Core;
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
        var frame = _receive.Memory.GetSpan().Slice(from, size);
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

        if (!_requests.TryPop(out var request))
            request = new Request();
        request.Type = type;
        request.Tag = tag;
        request.Epoch = _epoch;
        var body = frame[P9Limits.HeaderSize..];
        if (type == P9Type.Twrite && body.Length > CopyLimit)
        {
            _receive.Take();
            request.Receive = _receive;
            request.Body = _receive.Memory.Slice(from + P9Limits.HeaderSize, body.Length);
        }
        else if (type == P9Type.Twrite)
        {
            request.Data = Loop.Buffers.Rent(body.Length);
            body.CopyTo(request.Data.GetSpan());
            request.Body = request.Data.Slice(0, body.Length);
        }
        else
        {
            request.CopyBody(body);
        }

        _operations++;
        if (_options.Trace)
            _options.Log.Write(LogLevel.Debug, $"9p: {_peer}: {type} tag {tag}, {size} bytes");
        ValueTask<Errno> task;
        try
        {
            task = Dispatch(request);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            task = new(Failed(request, e));
        }

        if (task.IsCompletedSuccessfully)
        {
            Finish(request, task.Result);
            return;
        }

        MarkPending(request);
        _ = Await(request, task);
    }

    private void MarkPending(Request request)
    {
        if (request.IsPending)
            return;
        request.IsPending = true;
        _pending++;
        if (request.Epoch == _epoch)
            _tags[request.Tag] = request;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Await(Request request, ValueTask<Errno> task)
    {
        Errno error;
        try
        {
            error = await task.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            error = Failed(request, e);
        }

        Finish(request, error);
    }

    private Errno Failed(Request request, Exception e)
    {
        _options.Log.Write(LogLevel.Error, $"9p: {_peer}: {request.Type} failed: {e}");
        return Errno.EIO;
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
        P9Type.Tlock => new(Lock(q)),
        P9Type.Tgetlock => new(GetLock(q)),
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
        if (request.IsPending)
        {
            request.IsPending = false;
            _pending--;
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
        request.Data?.Release();
        request.Data = null;
        request.Reply?.Release();
        request.Reply = null;
        if (request.Receive is { } receive)
        {
            var capacity = receive.Memory.Capacity;
            if (receive.Drop())
                _heldBytes -= capacity;
            request.Receive = null;
        }

        request.LockOwner = null;
        request.Body = default;
        if (_requests.Count < _options.MaxTags)
            _requests.Push(request);
        if (_isClosing)
            FinishClose();
        else
            QueueTurnEnd();
    }

    private void FlushTag(ushort tag, ReadOnlySpan<byte> body)
    {
        if (!Tflush.TryRead(body, out var m))
        {
            Malformed("Tflush");
            return;
        }

        if (!_requests.TryPop(out var request))
            request = new Request();
        request.Type = P9Type.Tflush;
        request.Tag = tag;
        request.Epoch = _epoch;
        if (m.Oldtag != tag && _tags.TryGetValue(m.Oldtag, out var old))
        {
            (old.Flushes ??= []).Add(tag);
            if (_lockWaiters.Remove(old))
                Retire(old);
        }
        else
        {
            AnswerEmpty(request);
        }

        _requests.Push(request);
    }
}

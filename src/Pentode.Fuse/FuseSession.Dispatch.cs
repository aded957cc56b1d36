using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Fuse.Wire;

namespace Pentode.Fuse;

/// <content>From a request to its handler and from the handler's result to the reply.</content>
public sealed partial class FuseSession
{
    /// <summary>A handler's result beside errno: the reply comes later, from elsewhere.</summary>
    private const Errno Held = (Errno)10001;

    /// <summary>A handler's result beside errno: there is no reply.</summary>
    private const Errno Silent = (Errno)10002;

    private const int KeptRequests = 1024;

    private void RunRequest(int length)
    {
        var input = _input!;
        var data = input.GetSpan()[..length];
        if (!FuseInHeader.TryRead(data, out var header) || header.Length != length)
        {
            _options.Log.Write(LogLevel.Error, $"fuse: {_options.Source}: a request of {length} bytes makes no sense");
            End("a malformed request");
            return;
        }

        var body = length - FuseInHeader.Size - (header.ExtensionLength * 8);
        if (body < 0)
        {
            End("a malformed request");
            return;
        }

        var request = _idle.TryPop(out var idle) ? idle : new FuseRequest(this);
        request.Opcode = (FuseOpcode)header.Opcode;
        if (request.Opcode is not (FuseOpcode.Release or FuseOpcode.Releasedir or FuseOpcode.Forget or FuseOpcode.BatchForget))
            _awaited++;
        request.Unique = header.Unique;
        request.NodeId = header.NodeId;
        request.Pid = header.Pid;
        request.Who = _callers.Find(header.Pid, header.Uid, header.Gid, Loop.NowMs);
        if (request.Opcode == FuseOpcode.Write)
        {
            request.TakeInput(input, FuseInHeader.Size, body);
            _heldBytes += input.Capacity;
            _input = null;
        }
        else
        {
            request.CopyBody(data.Slice(FuseInHeader.Size, body));
        }

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
#pragma warning disable CA1031 // One request's bug must not end the mount.
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = Failed(request, e);
        }

        Finish(request, error);
    }

    /// <summary>A handler that could not end at once has ended.</summary>
    internal void Continue(FuseRequest request)
    {
        if (!Loop.IsCurrent)
        {
            Loop.Post(static r => ((FuseRequest)r!).Continue(), request);
            return;
        }

        Errno error;
        try
        {
            error = request.TakeResult();
        }
#pragma warning disable CA1031 // One request's bug must not end the mount.
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = Failed(request, e);
        }

        Finish(request, error);
    }

    private void MarkPending(FuseRequest request)
    {
        request.IsPending = true;
        _pending[request.Unique] = request;
    }

    private Errno Failed(FuseRequest request, Exception e)
    {
        _options.Log.Write(LogLevel.Error, $"fuse: {_options.Source}: {request.Opcode} failed: {e}");
        return request.IsAnswered ? Errno.None : Errno.EIO;
    }

    private ValueTask<Errno> Dispatch(FuseRequest q)
    {
        if (_revision == 0 && q.Opcode is not (FuseOpcode.Init or FuseOpcode.Destroy))
            return new(Errno.EIO);
        return q.Opcode switch
        {
            FuseOpcode.Init => new(Initialize(q)),
            FuseOpcode.Lookup => Lookup(q),
            FuseOpcode.Forget => new(Forget(q)),
            FuseOpcode.BatchForget => new(BatchForget(q)),
            FuseOpcode.Getattr => GetAttributes(q),
            FuseOpcode.Setattr => SetAttributes(q),
            FuseOpcode.Readlink => ReadLink(q),
            FuseOpcode.Symlink => MakeSymbolicLink(q),
            FuseOpcode.Mknod => MakeNode(q),
            FuseOpcode.Mkdir => MakeDirectory(q),
            FuseOpcode.Unlink => Unlink(q, directory: false),
            FuseOpcode.Rmdir => Unlink(q, directory: true),
            FuseOpcode.Rename => Rename(q),
            FuseOpcode.Rename2 => Rename2(q),
            FuseOpcode.Link => Link(q),
            FuseOpcode.Create => Create(q),
            FuseOpcode.Open => Open(q),
            FuseOpcode.Opendir => OpenDirectory(q),
            FuseOpcode.Read => Read(q),
            FuseOpcode.Write => Write(q),
            FuseOpcode.Flush => Flush(q),
            FuseOpcode.Release or FuseOpcode.Releasedir => Release(q),
            FuseOpcode.Fsync => Sync(q),
            FuseOpcode.Fsyncdir => SyncDirectory(q),
            FuseOpcode.Readdir => ReadDirectory(q),
            FuseOpcode.Readdirplus => ReadDirectoryPlus(q),
            FuseOpcode.Statfs => Statistics(q),
            FuseOpcode.Access => Access(q),
            FuseOpcode.Getxattr => GetExtendedAttribute(q),
            FuseOpcode.Listxattr => ListExtendedAttributes(q),
            FuseOpcode.Setxattr => SetExtendedAttribute(q),
            FuseOpcode.Removexattr => RemoveExtendedAttribute(q),
            FuseOpcode.Getlk => TestLock(q),
            FuseOpcode.Setlk => SetLock(q),
            FuseOpcode.Setlkw => SetLock(q),
            FuseOpcode.Interrupt => new(Interrupt(q)),
            FuseOpcode.Poll => new(Poll(q)),
            FuseOpcode.Destroy => new(Errno.None),
            // What the kernel then does by itself: copying, seeking for holes, temporary files as ordinary ones.
            FuseOpcode.Tmpfile => new(Errno.EOPNOTSUPP),
            _ => new(Errno.ENOSYS),
        };
    }

    private void Finish(FuseRequest request, Errno error)
    {
        if (error == Held)
            return;
        if (error == Silent)
            request.IsAnswered = true;
        if (!request.IsAnswered)
            Answer(request, error);
        Retire(request);
    }

    private void Retire(FuseRequest request)
    {
        if (request.IsPending)
            _pending.Remove(request.Unique);
        if (request.Node is { } node)
            Unpin(node);
        if (request.Second is { } second)
            Unpin(second);
        if (request.Handle is { } handle)
            Unpin(handle);
        if (request.Input is { } input)
            _heldBytes -= input.Capacity;
        request.Reset();
        if (_idle.Count < KeptRequests)
            _idle.Push(request);
        if (_isEnding)
            FinishEnd();
        else if (_isStarved)
            Arm();
    }

    private Errno Interrupt(FuseRequest q)
    {
        // What is not known has been answered: requests and their interrupts come in order.
        if (FuseInterruptIn.TryRead(q.Body.Span, out var m) && _pending.TryGetValue(m.Target, out var target))
        {
            if (_lockWaiters.Contains(target))
                GiveUpLock(target);
            else
                target.Interrupt();
        }

        return Silent;
    }

    private Errno Initialize(FuseRequest q)
    {
        if (!FuseInitIn.TryRead(q.Body.Span, out var m))
            return Errno.EPROTO;
        if (m.Major < FuseLimits.Major || (m.Major == FuseLimits.Major && m.Minor < FuseLimits.OldestMinor))
        {
            _options.Log.Write(LogLevel.Error,
                $"fuse: {_options.Source}: the kernel speaks FUSE {m.Major}.{m.Minor}; {FuseLimits.Major}.{FuseLimits.OldestMinor} (Linux 5.4) is needed");
            return Errno.EPROTO;
        }

        var wanted = FuseInitFeatures.AsyncRead | FuseInitFeatures.BigWrites | FuseInitFeatures.AsyncDirectIo | FuseInitFeatures.ParallelDirectoryOperations
            | FuseInitFeatures.MaxPages | FuseInitFeatures.ReaddirPlus | FuseInitFeatures.ReaddirPlusAuto;
        if (!_options.DirectIo)
            wanted |= FuseInitFeatures.AutoInvalidateData | FuseInitFeatures.CacheSymlinks;
        if (_options.RemoteLocks)
            wanted |= FuseInitFeatures.PosixLocks | FuseInitFeatures.FlockLocks;
        var isNewer = m.Major > FuseLimits.Major;
        var reply = new FuseInitOut
        {
            Major = FuseLimits.Major,
            Minor = FuseLimits.Minor,
            MaxReadahead = Math.Min(m.MaxReadahead, FuseLimits.MaxTransfer),
            Flags = (uint)wanted & m.Flags,
            MaxBackground = MaxBackground,
            CongestionThreshold = MaxBackground * 3 / 4,
            MaxWrite = FuseLimits.MaxTransfer,
            TimeGranularity = 1,
            MaxPages = FuseLimits.MaxPages,
        };
        Span<byte> bytes = stackalloc byte[FuseInitOut.Size];
        var writer = new LittleEndianWriter(bytes);
        reply.Write(ref writer);
        Answer(q, bytes);
        // A kernel of a later major version asks again in ours.
        if (!isNewer)
            _revision = Math.Min(m.Minor, FuseLimits.Minor);
        return Errno.None;
    }
}

using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Uring;

namespace Pentode.Nfs.Server;

/// <content>Files kept open between calls, and the timer that lets go of what nobody uses.</content>
internal sealed partial class NfsLoop
{
    private const int SweepMs = 1000;
    private const int ReadOnlyFlag = 0;
    private const int WriteOnlyFlag = 1;
    private const int DirectoryFlag = 0x10000;

    private readonly SweepTimer _sweep;
    private readonly HashSet<NfsObject> _withFiles = [];
    private TaskCompletionSource? _closed;

    /// <summary>Files held open; any thread.</summary>
    public int FileCount { get; private set; }

    /// <summary>
    /// An open file of the object for that user, to be given back with <see cref="Done"/>. <paramref name="attributes"/> are the object's now: rights are
    /// asked for anew when owner or mode changed.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<NfsFile>> Open(RpcCall call, NfsObject target, bool isWritable, FileAttributes attributes)
    {
        var now = Loop.NowMs;
        for (var i = target.Files.Count - 1; i >= 0; i--)
        {
            var known = target.Files[i];
            if (known.IsWritable != isWritable || !(ReferenceEquals(known.Who, call.Who) || known.Who.Equals(call.Who)))
                continue;
            if (known.Rights != (attributes.Mode, attributes.Uid, attributes.Gid) || now - known.OpenedAt > Options.ObjectIdleMs)
            {
                target.Files.RemoveAt(i);
                RetireFile(target, known);
                continue;
            }

            known.UsedAt = now;
            known.Users++;
            return known;
        }

        var flags = target.Node.Id.IsDirectory ? DirectoryFlag : isWritable ? WriteOnlyFlag : ReadOnlyFlag;
        var opened = await target.Volume.OpenStateless(call.Who, target.Node, flags).ConfigureAwait(false);
        if (!opened.IsOk)
            return opened.Error;
        return Keep(target, new NfsFile(this, target, call.Who, opened.Value, isWritable, attributes));
    }

    /// <summary>Keeps a file just opened, in use by the caller.</summary>
    public NfsFile Keep(NfsObject target, NfsFile file)
    {
        file.Users = 1;
        FileCount++;
        if (target.IsRetired || FileCount > Options.MaxOpenFiles)
        {
            file.IsRetired = true;
        }
        else
        {
            target.Files.Add(file);
            _withFiles.Add(target);
        }

        StartSweep();
        return file;
    }

    /// <summary>A call no longer uses the file.</summary>
    public void Done(NfsObject target, NfsFile file)
    {
        if (--file.Users == 0 && file.IsRetired)
            Close(target, file);
    }

    /// <summary>Lets go of everything; what calls still use goes with them.</summary>
    public Task CloseAsync()
    {
        _closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(static l => ((NfsLoop)l!).CloseAll(), this);
        return _closed.Task;
    }

    private void RetireFile(NfsObject target, NfsFile file)
    {
        file.IsRetired = true;
        if (file.Users == 0)
            Close(target, file);
    }

    private void Close(NfsObject target, NfsFile file)
    {
        FileCount--;
        var closing = target.Volume.Close(file.File);
        if (closing.IsCompletedSuccessfully)
            _ = closing.Result;
        else
            _ = closing.AsTask();
    }

    private void CloseAll()
    {
        while (_newest is { } item)
            Retire(item);
        _withFiles.Clear();
        if (_sweep.IsPending)
            Loop.Cancel(_sweep);
        _closed?.TrySetResult();
    }

    private void StartSweep()
    {
        if (!_sweep.IsPending && _closed is null)
            Loop.Delay(SweepMs, _sweep);
    }

    private void Sweep()
    {
        var now = Loop.NowMs;
        _withFiles.RemoveWhere(target => SweepFiles(target, now));
        while (_oldest is { Users: 0 } old && now - old.UsedAt > Options.ObjectIdleMs)
            Retire(old);
        if (_objects.Count > 0)
            StartSweep();
    }

    private bool SweepFiles(NfsObject target, long now)
    {
        for (var i = target.Files.Count - 1; i >= 0; i--)
        {
            var file = target.Files[i];
            if (file.Users > 0 || now - file.UsedAt <= Options.FileIdleMs)
                continue;
            target.Files.RemoveAt(i);
            RetireFile(target, file);
        }

        return target.Files.Count == 0;
    }

    private sealed class SweepTimer(NfsLoop owner) : IoCompletion
    {
        public override void Complete(int result)
        {
            if (result == 0)
                owner.Sweep();
        }
    }
}

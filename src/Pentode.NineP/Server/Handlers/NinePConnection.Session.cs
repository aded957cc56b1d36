using System.Text;
using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Tversion, Tattach, Tclunk, Tremove.</summary>
internal sealed partial class NinePConnection
{
    private Errno Version(Request q)
    {
        if (!Tversion.TryRead(q.Body.Span, out var m))
            return BadFrame;

        // A new session: whatever is under way ends unanswered, all fids go.
        _epoch++;
        q.Epoch = _epoch;
        DropLockWaiters(answer: false);
        GiveUpWaiting(of: null);
        _tags.Clear();
        ClunkAll();
        if (m.Msize < P9Limits.MinimumMsize)
        {
            _hasVersion = false;
            StartHandshake();
            return Errno.EMSGSIZE;
        }

        var msize = (int)Math.Min(m.Msize, (uint)_options.MaxMsize);
        _hasVersion = m.Version.SequenceEqual("9P2000.L"u8);
        if (_hasVersion)
        {
            _msize = msize;
            if (_handshake.IsPending)
                Loop.Cancel(_handshake);
        }
        else
        {
            StartHandshake();
        }

        Answer(q, new Rversion { Msize = (uint)msize, Version = _hasVersion ? "9P2000.L"u8 : "unknown"u8 });
        return Errno.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Attach(Request q)
    {
        if (!Tattach.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (m.Afid != P9Limits.NoFid)
            return Errno.EBADF;
        var number = m.Fid;
        var error = CanPublish(number);
        if (error != Errno.None)
            return error;
        RequestRun.LeaveUser();
        var who = _server.ResolveIdentity(m.NUname, Encoding.UTF8.GetString(m.Uname));
        var aname = Encoding.UTF8.GetString(m.Aname);
        var export = FindExport(aname, out var rest);
        if (export is null)
            return Errno.ENOENT;
        var volume = export.Volume;
        var root = volume.Attach();
        if (!root.IsOk)
            return root.Error;
        q.Node = root.Value;
        var isWholeTree = true;
        foreach (var part in rest.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var child = part is "." or ".." ? Errno.ENOENT : await volume.Lookup(who, q.Node, new FileName(part)).ConfigureAwait(false);
            if (!child.IsOk)
                return child.Error;
            q.Node.Release();
            q.Node = child.Value;
            isWholeTree = false;
        }

        var (node, id) = (q.Node, q.Node.Id);
        q.Node = null;
        error = Publish(q, number, NewFid(volume, node, id, isWholeTree, who));
        if (error != Errno.None)
            return error;
        OnAttached(export.AttachName, who);
        Answer(q, new Rattach { Qid = Qid.From(id) });
        return Errno.None;
    }

    private NinePExport? FindExport(string aname, out string rest)
    {
        rest = "";
        foreach (var export in _server.Exports)
        {
            if (string.Equals(export.AttachName, aname, StringComparison.Ordinal))
                return export;
        }

        if (aname is "" or "/")
            return _server.Exports.Count > 0 ? _server.Exports[0] : null;
        NinePExport? best = null;
        foreach (var export in _server.Exports)
        {
            var prefix = export.AttachName.TrimEnd('/') + "/";
            if (aname.StartsWith(prefix, StringComparison.Ordinal) && (best is null || prefix.Length > best.AttachName.Length))
            {
                best = export;
                rest = aname[prefix.Length..];
            }
        }

        return best;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Clunk(Request q)
    {
        if (!Tclunk.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (!_fids.Remove(m.Fid, out var fid))
            return Errno.EBADF;

        // The table's reference goes with the request.
        q.First = fid;
        EndLocks(fid);
        var error = Errno.None;
        if (fid.XattrName is not null)
            error = await CommitXattr(fid).ConfigureAwait(false);
        q.First = null;
        if (fid.Drop(out var close))
        {
            var closed = await close.ConfigureAwait(false);
            error = error == Errno.None ? closed : error;
            KeepFid(fid);
        }

        if (error == Errno.None)
            AnswerEmpty(q);
        return error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Remove(Request q)
    {
        if (!Tremove.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (!_fids.Remove(m.Fid, out var fid))
            return Errno.EBADF;

        // Removed or not, the fid is gone.
        q.First = fid;
        EndLocks(fid);
        if (fid.XattrValue is not null)
            return Errno.EINVAL;
        if (fid.IsAtRoot)
            return Errno.EBUSY;
        return Done(q, await fid.Volume.RemoveSelf(fid.Who, fid.Node).ConfigureAwait(false));
    }
}

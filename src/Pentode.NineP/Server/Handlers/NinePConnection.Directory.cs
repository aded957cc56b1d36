using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>What changes directories, and Treadlink.</summary>
internal sealed partial class NinePConnection
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> MakeDirectory(Request q)
    {
        if (!Tmkdir.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Dfid) is not { } fid)
            return Errno.EBADF;
        var made = await fid.Volume.MakeDirectory(fid.Who, fid.Node, q.Name(m.Name), m.Mode & 0xFFF, m.Gid).ConfigureAwait(false);
        if (made.IsOk)
            Answer(q, new Rmkdir { Qid = TakeQid(made.Value) });
        return made.Error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> MakeNode(Request q)
    {
        if (!Tmknod.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Dfid) is not { } fid)
            return Errno.EBADF;
        var made = await fid.Volume.MakeNode(fid.Who, fid.Node, q.Name(m.Name), m.Mode, m.Major, m.Minor, m.Gid).ConfigureAwait(false);
        if (made.IsOk)
            Answer(q, new Rmknod { Qid = TakeQid(made.Value) });
        return made.Error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> MakeSymbolicLink(Request q)
    {
        if (!Tsymlink.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Dfid) is not { } fid)
            return Errno.EBADF;
        var made = await fid.Volume.MakeSymbolicLink(fid.Who, fid.Node, q.Name(m.Name), q.Keep(m.Target), m.Gid).ConfigureAwait(false);
        if (made.IsOk)
            Answer(q, new Rsymlink { Qid = TakeQid(made.Value) });
        return made.Error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> ReadLink(Request q)
    {
        if (!Treadlink.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Fid) is not { } fid)
            return Errno.EBADF;
        var target = await fid.Volume.ReadLink(fid.Who, fid.Node).ConfigureAwait(false);
        if (!target.IsOk)
            return target.Error;
        if (target.Value.Length > P9Limits.MaxLinkTarget)
            return Errno.ENAMETOOLONG;
        Answer(q, new Rreadlink { Target = target.Value });
        return Errno.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Link(Request q)
    {
        if (!Tlink.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Dfid) is not { } directory || UseNode(q, m.Fid) is not { } fid)
            return Errno.EBADF;
        if (directory.Volume != fid.Volume)
            return Errno.EXDEV;
        return Done(q, await fid.Volume.Link(directory.Who, directory.Node, fid.Node, q.Name(m.Name)).ConfigureAwait(false));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Rename(Request q)
    {
        if (!Trename.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Fid) is not { } fid || UseNode(q, m.Newdirfid) is not { } directory)
            return Errno.EBADF;
        if (directory.Volume != fid.Volume)
            return Errno.EXDEV;
        if (fid.IsAtRoot)
            return Errno.EBUSY;
        return Done(q, await fid.Volume.RenameSelf(fid.Who, fid.Node, directory.Node, q.Name(m.Name)).ConfigureAwait(false));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> RenameAt(Request q)
    {
        if (!Trenameat.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Olddirfid) is not { } from || UseNode(q, m.Newdirfid) is not { } to)
            return Errno.EBADF;
        if (from.Volume != to.Volume)
            return Errno.EXDEV;
        return Done(q, await from.Volume.Rename(from.Who, from.Node, q.Name(m.Oldname), to.Node, q.Name(m.Newname)).ConfigureAwait(false));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> UnlinkAt(Request q)
    {
        if (!Tunlinkat.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Dirfid) is not { } fid)
            return Errno.EBADF;
        if ((m.Flags & ~P9Limits.AtRemoveDir) != 0)
            return Errno.EINVAL;
        return Done(q, await fid.Volume.Unlink(fid.Who, fid.Node, q.Name(m.Name), m.Flags != 0).ConfigureAwait(false));
    }

    private Errno Done(Request q, Errno error)
    {
        if (error == Errno.None)
            AnswerEmpty(q);
        return error;
    }

    private static Qid TakeQid(INode node)
    {
        var qid = Qid.From(node.Id);
        node.Release();
        return qid;
    }
}

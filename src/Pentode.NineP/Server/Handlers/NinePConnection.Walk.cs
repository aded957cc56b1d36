using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Twalk.</summary>
internal sealed partial class NinePConnection
{
    private const int MaximumDepth = 4096;

    private static readonly FileName s_dotDot = new("..");

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Walk(Request q)
    {
        if (!Twalk.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var (number, target, count) = (m.Fid, m.Newfid, (int)m.Count);
        var names = q.Keep(m.Names);
        var fid = UseNode(q, number);
        if (fid is null)
            return Errno.EBADF;
        if (target != number)
        {
            var error = CanPublish(target);
            if (error != Errno.None)
                return error;
        }

        var qids = q.Qids;
        fid.Node.AddReference();
        q.Node = fid.Node;
        var walked = 0;
        var position = 0;
        while (walked < count)
        {
            var name = NextName(names, ref position);
            var child = await (name.IsDotDot ? Up(fid, q.Node) : fid.Volume.Lookup(fid.Who, q.Node, name)).ConfigureAwait(false);
            if (!child.IsOk && walked == 0)
                return child.Error;
            if (!child.IsOk)
            {
                Answer(q, new Rwalk { Qids = qids.AsSpan(0, walked * Qid.Size) });
                return Errno.None;
            }

            q.Node.Release();
            q.Node = child.Value;
            WriteQid(qids, walked, q.Node.Id);
            walked++;
        }

        // A walk of nothing to itself leaves the fid as it is, open or not.
        var published = Errno.None;
        if (target != number || count > 0)
        {
            var made = NewFid(fid, q.Node);
            q.Node = null;
            published = target != number ? Publish(q, target, made) : Replace(number, fid, made);
        }

        if (published == Errno.None)
            Answer(q, new Rwalk { Qids = qids.AsSpan(0, walked * Qid.Size) });
        return published;
    }

    /// <summary>The parent, no further up than what the client attached to: that node is its own parent, and one that was moved away from below it has none (ESTALE).</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Result<INode>> Up(Fid fid, INode node)
    {
        if (node.Id.Path == fid.Root.Path)
        {
            node.AddReference();
            return Same(node);
        }

        var parent = await fid.Volume.Lookup(fid.Who, node, s_dotDot).ConfigureAwait(false);
        if (!parent.IsOk || fid.IsWholeTree)
            return parent;

        // The tree stops at its own root only: see that the way up from there leads past ours.
        var at = parent.Value;
        at.AddReference();
        for (var depth = 0; at.Id.Path != fid.Root.Path; depth++)
        {
            var next = depth < MaximumDepth ? await fid.Volume.Lookup(fid.Who, at, s_dotDot).ConfigureAwait(false) : Errno.ELOOP;
            var isTop = next.IsOk && next.Value.Id.Path == at.Id.Path;
            at.Release();
            if (next.IsOk && !isTop)
            {
                at = next.Value;
                continue;
            }

            parent.Value.Release();
            if (!isTop)
                return next.Error;
            next.Value.Release();
            return Errno.ESTALE;
        }

        at.Release();
        return parent;
    }

    private static Result<T> Same<T>(T value) => value;

    private static FileName NextName(ReadOnlyMemory<byte> names, ref int position)
    {
        var r = new LittleEndianReader(names.Span[position..]);
        var length = r.Str().Length;
        var name = new FileName(names.Slice(position + 2, length));
        position += 2 + length;
        return name;
    }

    private static void WriteQid(byte[] qids, int index, NodeId id)
    {
        var writer = new LittleEndianWriter(qids.AsSpan(index * Qid.Size, Qid.Size));
        Qid.From(id).Write(ref writer);
    }
}

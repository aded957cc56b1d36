using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Twalk.</summary>
internal sealed partial class NinePConnection
{
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
        var node = fid.Node;
        node.AddReference();
        var walked = 0;
        var position = 0;
        while (walked < count)
        {
            var name = NextName(names, ref position);
            Result<INode> child;
            if (name.IsDotDot && node.Id.Path == fid.Root.Path)
            {
                // Up stops at the attach root.
                node.AddReference();
                child = Same(node);
            }
            else
            {
                child = await fid.Volume.Lookup(fid.Who, node, name).ConfigureAwait(false);
            }

            if (!child.IsOk)
            {
                node.Release();
                if (walked == 0)
                    return child.Error;
                Answer(q, new Rwalk { Qids = qids.AsSpan(0, walked * Qid.Size) });
                return Errno.None;
            }

            node.Release();
            node = child.Value;
            WriteQid(qids, walked, node.Id);
            walked++;
        }

        var made = new Fid(fid.Volume, node, fid.Root, fid.Who);
        Errno published;
        if (target != number)
        {
            published = Publish(q, target, made);
        }
        else if (count == 0)
        {
            DropFid(made);
            published = Errno.None;
        }
        else
        {
            published = Replace(number, fid, made);
        }

        if (published == Errno.None)
            Answer(q, new Rwalk { Qids = qids.AsSpan(0, walked * Qid.Size) });
        return published;
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

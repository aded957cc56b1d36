using Pentode.Core;
using Pentode.Files;
using Pentode.Fuse.Wire;

namespace Pentode.Fuse;

/// <content>What the kernel knows: nodes and open files, and how long.</content>
public sealed partial class FuseSession
{
    private readonly SlotTable<FuseNode> _nodes = new();
    private readonly Dictionary<ulong, FuseNode> _nodeOf = [];
    private readonly SlotTable<FuseHandle> _handles = new();

    /// <summary>One more lookup of a node, whose reference is taken over: one object is one node, by whatever name it was found.</summary>
    private FuseNode Know(INode node)
    {
        var id = node.Id;
        if (_nodeOf.TryGetValue(id.Path, out var known) && (known.Node.Id.Mode & 0xF000) == (id.Mode & 0xF000))
        {
            node.Release();
        }
        else
        {
            known = new FuseNode(node);
            known.Id = _nodes.Add(known);
            _nodeOf[id.Path] = known;
        }

        known.Lookups++;
        return known;
    }

    /// <summary>The kernel gives lookups back.</summary>
    private void Forget(ulong id, ulong lookups)
    {
        if (id == FuseLimits.RootNode || _nodes.Find(id) is not { } node)
            return;
        node.Lookups -= Math.Min(lookups, node.Lookups);
        if (node is { Lookups: 0, Users: 0 })
            Drop(node);
    }

    private void Drop(FuseNode node)
    {
        _nodes.Remove(node.Id);
        var path = node.Node.Id.Path;
        if (_nodeOf.TryGetValue(path, out var known) && ReferenceEquals(known, node))
            _nodeOf.Remove(path);
        node.Node.Release();
    }

    /// <summary>The node a request is about, kept until the request ends; null when the kernel should not know it.</summary>
    private INode? Pin(FuseRequest q)
    {
        if (_nodes.Find(q.NodeId) is not { } node)
            return null;
        node.Users++;
        q.Node = node;
        return node.Node;
    }

    private INode? PinSecond(FuseRequest q, ulong id)
    {
        if (_nodes.Find(id) is not { } node)
            return null;
        node.Users++;
        q.Second = node;
        return node.Node;
    }

    /// <summary>The open file a request is about, kept until the request ends.</summary>
    private IOpenFile? Pin(FuseRequest q, ulong id)
    {
        if (_handles.Find(id) is not { IsReleased: false } handle)
            return null;
        handle.Users++;
        q.Handle = handle;
        return handle.File;
    }

    private void Unpin(FuseNode node)
    {
        if (--node.Users == 0 && node.Lookups == 0)
            Drop(node);
    }

    private void Unpin(FuseHandle handle)
    {
        if (--handle.Users == 0 && handle.IsReleased)
            _ = CloseFile(handle);
    }

    private FuseHandle NewHandle(IOpenFile file)
    {
        var handle = new FuseHandle(file);
        handle.Id = _handles.Add(handle);
        return handle;
    }

    // Nobody hears what close(2) of the tree says: the kernel asks with FUSE_FLUSH before.
    private async Task CloseFile(FuseHandle handle)
    {
        handle.IsReleased = true;
        if (handle.LockOwners is { Count: > 0 })
            await DropOwners(handle);
        _handles.Remove(handle.Id);
        _ = await _volume.Close(handle.File);
        RetryLocks();
    }

    private Errno Forget(FuseRequest q)
    {
        if (FuseForgetIn.TryRead(q.Body.Span, out var m))
            Forget(q.NodeId, m.LookupCount);
        return Silent;
    }

    private Errno BatchForget(FuseRequest q)
    {
        var body = q.Body.Span;
        if (!FuseBatchForgetIn.TryRead(body, out var m))
            return Silent;
        body = body[FuseBatchForgetIn.Size..];
        for (uint i = 0; i < m.Count && FuseForgetOne.TryRead(body, out var one); i++)
        {
            Forget(one.NodeId, one.LookupCount);
            body = body[FuseForgetOne.Size..];
        }

        return Silent;
    }
}

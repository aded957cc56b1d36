using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Nfs.Rpc;

namespace Pentode.Nfs.Server;

/// <content>Objects by handle. What is in the table has a genuine handle: only that is compared, in constant time.</content>
internal sealed partial class NfsLoop
{
    private readonly Dictionary<ObjectKey, NfsObject> _objects = [];
    private readonly Dictionary<ulong, NfsObject> _places = [];
    private NfsObject? _newest;
    private NfsObject? _oldest;

    /// <summary>Objects held; any thread.</summary>
    public int ObjectCount => _objects.Count;

    /// <summary>The object a client's handle names, in use until the call ends: BADHANDLE, ESTALE, or EACCES by its port.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<NfsObject>> Resolve(RpcCall call, ReadOnlyMemory<byte> handle)
    {
        if (!FileHandle.TryRead(handle.Span, out var export, out var node))
            return NfsErrors.BadHandle;
        if (call.Client.GrantOf(export) is not { } grant)
            return Signer.IsGenuine(handle.Span) ? Errno.ESTALE : NfsErrors.BadHandle;
        var key = new ObjectKey(grant.Volume, export, node);
        if (_objects.TryGetValue(key, out var known))
        {
            if (!FileHandle.AreEqual(known.Handle, handle.Span))
                return NfsErrors.BadHandle;
        }
        else if (!Signer.IsGenuine(handle.Span))
        {
            return NfsErrors.BadHandle;
        }

        if (grant.NeedsPrivilegedPort && !call.IsFromPrivilegedPort)
            return Errno.EACCES;
        if (known is null)
        {
            var opened = await grant.Volume.OpenHandle(node).ConfigureAwait(false);
            if (!opened.IsOk)
                return opened.Error == Errno.ENOENT ? Errno.ESTALE : opened.Error;
            // Somebody else may have opened it meanwhile.
            if (_objects.TryGetValue(key, out known))
                opened.Value.Release();
            else
                known = Add(new NfsObject(key, grant, opened.Value, handle.Span));
        }

        call.Transport.Note(grant.Path, null);
        Use(call, known);
        return known;
    }

    /// <summary>The object of a node just found or made, in use until the call ends. Takes over the reference to the node.</summary>
    public Result<NfsObject> Adopt(RpcCall call, TreeGrant grant, INode node)
    {
        var handle = node.Handle;
        if (!handle.IsOk)
        {
            node.Release();
            return handle.Error;
        }

        var key = new ObjectKey(grant.Volume, grant.Id, handle.Value);
        if (_objects.TryGetValue(key, out var known))
        {
            node.Release();
        }
        else
        {
            Span<byte> bytes = stackalloc byte[FileHandle.Size];
            FileHandle.Write(bytes, grant.Id, handle.Value, Signer);
            known = Add(new NfsObject(key, grant, node, bytes));
        }

        Use(call, known);
        return known;
    }

    /// <summary>An entry of a directory by name: "..": no further up than what the client mounted.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<NfsObject>> Lookup(RpcCall call, NfsObject directory, FileName name)
    {
        if (name.IsDot && directory.Node.Id.IsDirectory)
        {
            Use(call, directory);
            return directory;
        }

        if (name.IsDotDot && IsMountRoot(directory))
        {
            Use(call, directory);
            return directory;
        }

        if (!name.IsDotDot && _places.TryGetValue(PlaceOf(directory, name), out var there) && there.Key.Volume == directory.Volume && there.Key.Export == directory.Key.Export)
        {
            // Mostly it is still there: then nothing need be opened.
            var seen = await directory.Volume.Recognize(call.Who, directory.Node, name, there.Node).ConfigureAwait(false);
            if (seen.IsOk && !there.IsRetired)
            {
                call.KnownAttributes = seen.Value;
                Use(call, there);
                return there;
            }

            if (seen.Error is not (Errno.None or Errno.ESTALE or Errno.EOPNOTSUPP))
                return seen.Error;
        }

        var child = await directory.Volume.Lookup(call.Who, directory.Node, name).ConfigureAwait(false);
        if (!child.IsOk)
            return child.Error;
        call.KnownAttributes = child.Value.AsFound;
        var found = Adopt(call, directory.Grant, child.Value);
        if (found.IsOk && !name.IsDotDot)
            Place(found.Value, directory, name);
        return found;
    }

    /// <summary>Attributes; ESTALE for what has no name any more.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<FileAttributes>> Stat(NfsObject target)
    {
        var attributes = await target.Volume.GetAttributes(Credentials.Root, target.Node).ConfigureAwait(false);
        if (attributes.IsOk && attributes.Value.LinkCount == 0)
        {
            Retire(target);
            return Errno.ESTALE;
        }

        if (attributes.Error == Errno.ENOENT)
            return Errno.ESTALE;
        return attributes;
    }

    /// <summary>True when the object is what the client's mount leads to.</summary>
    public static bool IsMountRoot(NfsObject target)
    {
        var root = target.Volume.Attach();
        if (!root.IsOk)
            return false;
        var isRoot = root.Value.Id.Path == target.Node.Id.Path;
        root.Value.Release();
        return isRoot;
    }

    /// <summary>A name was removed or replaced: what it led to is let go at once if that was its last one.</summary>
    public ValueTask NameGone(NfsObject directory, FileName name) =>
        _places.Remove(PlaceOf(directory, name), out var gone) && !gone.IsRetired ? LetGoAsync(gone) : default;

    /// <summary>Remembers where an object was found.</summary>
    public void Place(NfsObject target, NfsObject directory, FileName name)
    {
        var place = PlaceOf(directory, name);
        if (target.Place == place)
            return;
        ForgetPlace(target);
        target.Place = place;
        _places[place] = target;
    }

    /// <summary>A name was moved.</summary>
    private void Moved(NfsObject from, FileName name, NfsObject to, FileName newName)
    {
        if (_places.TryGetValue(PlaceOf(from, name), out var moved))
            Place(moved, to, newName);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask LetGoAsync(NfsObject gone)
    {
        gone.Place = 0;
        if ((await Stat(gone).ConfigureAwait(false)).IsOk)
            return;
        Retire(gone);
    }

    private static ulong PlaceOf(NfsObject directory, FileName name) => ReplyCache.Hash((uint)directory.Key.Export, name.Bytes.Span) ^ (directory.Node.Id.Path * 0xC2B2AE3D27D4EB4F) | 1;

    private NfsObject Add(NfsObject added)
    {
        _objects.Add(added.Key, added);
        LinkNewest(added);
        while (_objects.Count > Options.MaxObjects && OldestUnused() is { } old && old != added)
            Retire(old);
        StartSweep();
        return added;
    }

    private NfsObject? OldestUnused()
    {
        var candidate = _oldest;
        for (var i = 0; candidate is not null && candidate.Users > 0 && i < 64; i++)
            candidate = candidate.Newer;
        return candidate is { Users: 0 } ? candidate : null;
    }

    private void Use(RpcCall call, NfsObject used)
    {
        used.Users++;
        used.UsedAt = Loop.NowMs;
        call.Objects.Add(used);
        if (used != _newest && !used.IsRetired)
        {
            Unlink(used);
            LinkNewest(used);
        }
    }

    private static void Release(NfsObject used)
    {
        if (--used.Users == 0 && used.IsRetired)
            used.Node.Release();
    }

    /// <summary>Out of the table: the node goes with the last call that uses it.</summary>
    private void Retire(NfsObject old)
    {
        if (old.IsRetired)
            return;
        old.IsRetired = true;
        _objects.Remove(old.Key);
        Unlink(old);
        ForgetPlace(old);
        foreach (var file in old.Files)
            RetireFile(old, file);
        old.Files.Clear();
        if (old.Users == 0)
            old.Node.Release();
    }

    private void ForgetPlace(NfsObject target)
    {
        if (target.Place != 0 && _places.TryGetValue(target.Place, out var there) && there == target)
            _places.Remove(target.Place);
        target.Place = 0;
    }

    private void LinkNewest(NfsObject item)
    {
        (item.Older, item.Newer) = (_newest, null);
        if (_newest is not null)
            _newest.Newer = item;
        _newest = item;
        _oldest ??= item;
    }

    private void Unlink(NfsObject item)
    {
        if (item.Newer is not null)
            item.Newer.Older = item.Older;
        else if (_newest == item)
            _newest = item.Older;
        if (item.Older is not null)
            item.Older.Newer = item.Newer;
        else if (_oldest == item)
            _oldest = item.Newer;
        item.Newer = item.Older = null;
    }
}

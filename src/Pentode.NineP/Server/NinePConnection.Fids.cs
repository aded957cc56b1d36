using Pentode.Core;
using Pentode.Files;

namespace Pentode.NineP.Server;

/// <summary>The fid table.</summary>
internal sealed partial class NinePConnection
{
    private const int KeepFids = 64;

    private readonly Dictionary<uint, Fid> _fids = [];
    private readonly Stack<Fid> _freeFids = new();

    /// <summary>A fid object for a node reached by an attach.</summary>
    private Fid NewFid(Volume volume, INode node, NodeId root, bool isWholeTree, Credentials who) =>
        (_freeFids.TryPop(out var fid) ? fid : new Fid()).Set(volume, node, root, isWholeTree, who);

    /// <summary>A fid object for a node reached from another fid.</summary>
    private Fid NewFid(Fid from, INode node) => NewFid(from.Volume, node, from.Root, from.IsWholeTree, from.Who);

    /// <summary>The fid, held for the request; null when there is none.</summary>
    private Fid? Use(Request request, uint number)
    {
        if (!_fids.TryGetValue(number, out var fid))
            return null;
        fid.Take();
        if (request.First is null)
            request.First = fid;
        else
            request.Second = fid;
        return fid;
    }

    /// <summary>A fid that still names a file, not an attribute.</summary>
    private Fid? UseNode(Request request, uint number) => Use(request, number) is { XattrValue: null } fid ? fid : null;

    private Errno CanPublish(uint number)
    {
        if (number == Wire.P9Limits.NoFid || _fids.ContainsKey(number))
            return Errno.EBADF;
        return _fids.Count >= _options.MaxFids ? Errno.EMFILE : Errno.None;
    }

    /// <summary>Puts a new fid into the table; on error drops it.</summary>
    private Errno Publish(Request request, uint number, Fid fid)
    {
        var error = request.Epoch == _epoch ? CanPublish(number) : Errno.EINTR;
        if (error != Errno.None)
            DropFid(fid);
        else
            _fids.Add(number, fid);
        return error;
    }

    /// <summary>Puts <paramref name="fid"/> in the place of <paramref name="old"/>, if that is still there.</summary>
    private Errno Replace(uint number, Fid old, Fid fid)
    {
        if (!_fids.TryGetValue(number, out var current) || current != old)
        {
            DropFid(fid);
            return Errno.EBADF;
        }

        _fids[number] = fid;
        DropFid(old);
        return Errno.None;
    }

    private void DropFid(Fid? fid)
    {
        if (fid is null || !fid.Drop(out var close))
            return;
        if (close.IsCompletedSuccessfully)
            KeepFid(fid);
        else
            _ = close.AsTask();
    }

    private void KeepFid(Fid fid)
    {
        if (_freeFids.Count < KeepFids)
            _freeFids.Push(fid);
    }

    private void ClunkAll()
    {
        var released = false;
        foreach (var fid in _fids.Values)
        {
            released |= ReleaseLocks(fid);
            DropFid(fid);
        }

        _fids.Clear();
        if (released)
            _server.LocksChanged();
    }

    /// <summary>What a clunk does before anything else: those who wait for a lock through the fid are told, locks taken through it are given back.</summary>
    private void EndLocks(Fid fid)
    {
        if (_lockWaiters.Count > 0)
            DropLockWaiters(fid);
        if (_waiting.Count > 0)
            GiveUpWaiting(fid);
        if (ReleaseLocks(fid))
            _server.LocksChanged();
    }

    private static bool ReleaseLocks(Fid fid)
    {
        if (!fid.HasLocks || fid.File is not { } file)
            return false;
        fid.HasLocks = false;
        return fid.Volume.ReleaseLocks(file);
    }
}

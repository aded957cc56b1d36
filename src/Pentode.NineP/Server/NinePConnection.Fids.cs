using Pentode.Core;
using Pentode.Files;

namespace Pentode.NineP.Server;

/// <summary>The fid table.</summary>
internal sealed partial class NinePConnection
{
    private readonly Dictionary<uint, Fid> _fids = [];

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

    private static void DropFid(Fid? fid)
    {
        if (fid is not null && fid.Drop(out var close) && !close.IsCompletedSuccessfully)
            _ = close.AsTask();
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

    private static bool ReleaseLocks(Fid fid)
    {
        if (fid.LockOwners is not { } owners || fid.File is not { } file)
            return false;
        foreach (var owner in owners)
            _ = fid.Volume.TryLock(file, owner, LockType.Unlock, 0, 0);
        fid.LockOwners = null;
        return true;
    }
}

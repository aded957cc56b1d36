using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.Fuse.Wire;

namespace Pentode.Fuse;

/// <content>Listing directories.</content>
public sealed partial class FuseSession
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> ReadDirectory(FuseRequest q)
    {
        if (StartListing(q, isPlus: false, out var cookie) is not { } sink)
            return Errno.EBADF;
        var error = await _volume.ReadDirectory(q.Handle!.File, cookie, sink);
        if (error != Errno.None && sink.Length == 0)
            return error;
        _ = Answer(q, q.Reply!.GetSpan()[..sink.Length]);
        return Errno.None;
    }

    /// <summary>
    /// A listing with nodes and attributes: each is one lookup the kernel gives back later. An entry without (gone meanwhile, no permission) is left
    /// for the kernel to look up when it is asked for.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> ReadDirectoryPlus(FuseRequest q)
    {
        if (StartListing(q, isPlus: true, out var cookie) is not { } sink || Pin(q) is not { } directory)
            return Errno.EBADF;
        var error = await _volume.ReadDirectory(q.Handle!.File, cookie, sink);
        if (error != Errno.None && sink.Length == 0)
            return error;
        var listing = q.Reply!.Slice(0, sink.Length);
        var given = new List<ulong>();
        for (var at = 0; at < listing.Length;)
        {
            var name = FuseDirectorySink.NameAt(listing[at..], out var size);
            if (!name.IsDot && !name.IsDotDot)
            {
                var found = await _volume.Lookup(q.Who, directory, name);
                if (found.IsOk)
                {
                    var attributes = await _volume.GetAttributes(q.Who, found.Value);
                    if (attributes.IsOk)
                    {
                        var node = Know(found.Value);
                        given.Add(node.Id);
                        WriteEntry(listing.Span[at..], node, attributes.Value);
                    }
                    else
                    {
                        found.Value.Release();
                    }
                }
            }

            at += size;
        }

        if (!Answer(q, listing.Span))
        {
            foreach (var id in given)
                Forget(id, 1);
        }

        return Errno.None;
    }

    private FuseDirectorySink? StartListing(FuseRequest q, bool isPlus, out long cookie)
    {
        cookie = 0;
        if (!FuseReadIn.TryRead(q.Body.Span, out var m) || m.Count > FuseLimits.MaxTransfer || Pin(q, m.Handle) is null)
            return null;
        cookie = (long)m.Offset;
        q.Reply = Loop.Buffers.Rent((int)m.Count);
        return new FuseDirectorySink(q.Reply.Slice(0, (int)m.Count), isPlus);
    }

    // Directories have nothing that waits to be written.
    private ValueTask<Errno> SyncDirectory(FuseRequest q) =>
        FuseFsyncIn.TryRead(q.Body.Span, out var m) && Pin(q, m.Handle) is { } file
            ? _volume.Sync(file, (m.Flags & FuseLimits.FsyncDataOnly) != 0)
            : new(Errno.EBADF);
}

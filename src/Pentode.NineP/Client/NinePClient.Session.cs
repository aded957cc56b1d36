using System.Runtime.CompilerServices;
using System.Text;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <content>Tversion, Tattach, Twalk, Tclunk, Tremove.</content>
public sealed partial class NinePClient
{
    /// <summary>Makes a fid of the root of an export. <paramref name="uid"/> null: the server looks <paramref name="userName"/> up.</summary>
    public ValueTask<Result<NinePNode>> Attach(string userName, uint? uid, ReadOnlySpan<byte> attachName, CancellationToken cancel = default)
    {
        var fid = TakeFid();
        if (fid == P9Limits.NoFid)
            return Failed<NinePNode>(Errno.EMFILE);
        var message = new Tattach
        {
            Fid = fid, Afid = P9Limits.NoFid, Uname = Encoding.UTF8.GetBytes(userName), Aname = attachName, NUname = uid ?? P9Limits.NoUname,
        };
        var error = Start(message, cancel, out var call);
        return Making(error, call, fid);
    }

    /// <summary>A second fid of the same node.</summary>
    public ValueTask<Result<NinePNode>> Clone(uint fid, CancellationToken cancel = default) => WalkEncoded(fid, 0, default, cancel);

    /// <summary>A fid of one entry of a directory. Symbolic links are not followed.</summary>
    public ValueTask<Result<NinePNode>> Walk(uint fid, ReadOnlySpan<byte> name, CancellationToken cancel = default)
    {
        if (name.Length > FileName.MaximumLength)
            return Failed<NinePNode>(Errno.ENAMETOOLONG);
        Span<byte> encoded = stackalloc byte[2 + FileName.MaximumLength];
        var writer = new LittleEndianWriter(encoded);
        writer.Str(name);
        return WalkEncoded(fid, 1, writer.Written, cancel);
    }

    /// <summary>A fid of what lies any number of names below; fails with the error of the first name that fails. Symbolic links are not followed.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<NinePNode>> WalkPath(uint fid, IReadOnlyList<byte[]> names, CancellationToken cancel = default)
    {
        var at = new NinePNode(fid, default);
        var done = 0;
        do
        {
            var count = Math.Min(names.Count - done, P9Limits.MaxWalkNames);
            var next = await WalkSome(at.Fid, names, done, count, cancel).ConfigureAwait(false);
            if (next.Error == Errno.ENOENT && count > 1)
                next = await WalkEach(at.Fid, names, done, count, cancel).ConfigureAwait(false);
            if (at.Fid != fid)
                Forget(at.Fid);
            if (!next.IsOk)
                return next;
            at = next.Value;
            done += count;
        }
        while (done < names.Count);
        return at;
    }

    /// <summary>Gives a fid back. The error of an extended attribute or of a late write comes here; the fid is gone in any case.</summary>
    public ValueTask<Errno> Clunk(uint fid, CancellationToken cancel = default)
    {
        var error = Start(new Tclunk { Fid = fid }, cancel, out var call);
        return error == Errno.None ? Giving(call, fid) : new ValueTask<Errno>(error);
    }

    /// <summary>Gives a fid back without waiting for the answer.</summary>
    public void Forget(uint fid)
    {
        if (Start(new Tclunk { Fid = fid }, default, out var call) != Errno.None)
            return;
        call.Fid = fid;
        call.IsForgotten = true;
    }

    /// <summary>Removes the file of a fid; the fid is gone in any case.</summary>
    public ValueTask<Errno> Remove(uint fid, CancellationToken cancel = default)
    {
        var error = Start(new Tremove { Fid = fid }, cancel, out var call);
        return error == Errno.None ? Giving(call, fid) : new ValueTask<Errno>(error);
    }

    private static ValueTask<Errno> Giving(NinePCall call, uint fid)
    {
        call.Fid = fid;
        return new ValueTask<Errno>(call, call.Version);
    }

    private static ValueTask<Result<T>> Failed<T>(Errno error) => new(error);

    private ValueTask<Errno> Version()
    {
        // Not among the tags: its tag is NOTAG.
        var call = new NinePCall(this) { Type = P9Type.Tversion, Tag = P9Limits.NoTag };
        var error = Append(P9Limits.NoTag, new Tversion { Msize = (uint)_options.Msize, Version = "9P2000.L"u8 });
        if (error != Errno.None)
            return new ValueTask<Errno>(error);
        _versionCall = call;
        _active++;
        return new ValueTask<Errno>(call, call.Version);
    }

    private ValueTask<Result<NinePNode>> WalkEncoded(uint fid, int count, ReadOnlySpan<byte> names, CancellationToken cancel)
    {
        var newFid = TakeFid();
        if (newFid == P9Limits.NoFid)
            return Failed<NinePNode>(Errno.EMFILE);
        var error = Start(new Twalk { Fid = fid, Newfid = newFid, Count = (ushort)count, Names = names }, cancel, out var call);
        if (error == Errno.None)
            call.Limit = count;
        return Making(error, call, newFid);
    }

    private ValueTask<Result<NinePNode>> Making(Errno error, NinePCall call, uint newFid)
    {
        if (error != Errno.None)
        {
            FreeFid(newFid);
            return Failed<NinePNode>(error);
        }

        call.NewFid = newFid;
        return new ValueTask<Result<NinePNode>>(call, call.Version);
    }

    private ValueTask<Result<NinePNode>> WalkSome(uint fid, IReadOnlyList<byte[]> names, int from, int count, CancellationToken cancel)
    {
        Span<byte> encoded = stackalloc byte[P9Limits.MaxWalkNames * (2 + FileName.MaximumLength)];
        var writer = new LittleEndianWriter(encoded);
        for (var i = from; i < from + count; i++)
        {
            if (names[i].Length > FileName.MaximumLength)
                return Failed<NinePNode>(Errno.ENAMETOOLONG);
            writer.Str(names[i]);
        }

        return WalkEncoded(fid, count, writer.Written, cancel);
    }

    /// <summary>The slow way, after a walk stopped somewhere: Rwalk does not say why.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<NinePNode>> WalkEach(uint fid, IReadOnlyList<byte[]> names, int from, int count, CancellationToken cancel)
    {
        var at = new NinePNode(fid, default);
        for (var i = from; i < from + count; i++)
        {
            var next = await Walk(at.Fid, names[i], cancel).ConfigureAwait(false);
            if (at.Fid != fid)
                Forget(at.Fid);
            if (!next.IsOk)
                return next;
            at = next.Value;
        }

        return at;
    }
}

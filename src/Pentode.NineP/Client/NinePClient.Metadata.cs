using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <content>Attributes, names, extended attributes.</content>
public sealed partial class NinePClient
{
    /// <summary>Attributes of the file of a fid; which are there is in <see cref="NinePAttributes.Valid"/>.</summary>
    public ValueTask<Result<NinePAttributes>> GetAttributes(uint fid, ulong mask = NinePAttributes.Basic, CancellationToken cancel = default)
    {
        var error = Start(new Tgetattr { Fid = fid, RequestMask = mask }, cancel, out var call);
        return error == Errno.None ? new ValueTask<Result<NinePAttributes>>(call, call.Version) : Failed<NinePAttributes>(error);
    }

    /// <summary>Changes attributes.</summary>
    public ValueTask<Errno> SetAttributes(uint fid, in AttributeChange change, CancellationToken cancel = default)
    {
        var valid = (change.Mode is null ? 0u : 0x1) | (change.Uid is null ? 0u : 0x2) | (change.Gid is null ? 0u : 0x4) | (change.Size is null ? 0u : 0x8)
            | (change.SetAccessTime ? 0x10u : 0) | (change.SetModifyTime ? 0x20u : 0) | (change.TouchChangeTime ? 0x40u : 0)
            | (change is { SetAccessTime: true, AccessTime: not null } ? 0x80u : 0) | (change is { SetModifyTime: true, ModifyTime: not null } ? 0x100u : 0);
        var access = change.AccessTime ?? default;
        var modify = change.ModifyTime ?? default;
        var message = new Tsetattr
        {
            Fid = fid, Valid = valid, Mode = change.Mode ?? 0, Uid = change.Uid ?? 0, Gid = change.Gid ?? 0, Length = change.Size ?? 0,
            AtimeSec = (ulong)access.Seconds, AtimeNsec = access.Nanoseconds, MtimeSec = (ulong)modify.Seconds, MtimeNsec = modify.Nanoseconds,
        };
        return Plain(Start(message, cancel, out var call), call);
    }

    /// <summary>State of the file system behind a fid.</summary>
    public ValueTask<Result<FileSystemStatistics>> StatFileSystem(uint fid, CancellationToken cancel = default)
    {
        var error = Start(new Tstatfs { Fid = fid }, cancel, out var call);
        return error == Errno.None ? new ValueTask<Result<FileSystemStatistics>>(call, call.Version) : Failed<FileSystemStatistics>(error);
    }

    /// <summary>Makes a directory.</summary>
    public ValueTask<Result<Qid>> MakeDirectory(uint directory, ReadOnlySpan<byte> name, uint mode, uint gid, CancellationToken cancel = default) =>
        Made(Start(new Tmkdir { Dfid = directory, Name = name, Mode = mode, Gid = gid }, cancel, out var call), call);

    /// <summary>Makes a symbolic link.</summary>
    public ValueTask<Result<Qid>> MakeSymbolicLink(uint directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, uint gid, CancellationToken cancel = default) =>
        Made(Start(new Tsymlink { Dfid = directory, Name = name, Target = target, Gid = gid }, cancel, out var call), call);

    /// <summary>Makes a special file; the type is in <paramref name="mode"/>.</summary>
    public ValueTask<Result<Qid>> MakeNode(uint directory, ReadOnlySpan<byte> name, uint mode, uint major, uint minor, uint gid, CancellationToken cancel = default) =>
        Made(Start(new Tmknod { Dfid = directory, Name = name, Mode = mode, Major = major, Minor = minor, Gid = gid }, cancel, out var call), call);

    /// <summary>Makes a hard link to the file of <paramref name="fid"/>.</summary>
    public ValueTask<Errno> Link(uint directory, uint fid, ReadOnlySpan<byte> name, CancellationToken cancel = default) =>
        Plain(Start(new Tlink { Dfid = directory, Fid = fid, Name = name }, cancel, out var call), call);

    /// <summary>Target of a symbolic link, as bytes; not checked.</summary>
    public ValueTask<Result<byte[]>> ReadLink(uint fid, CancellationToken cancel = default)
    {
        var error = Start(new Treadlink { Fid = fid }, cancel, out var call);
        return error == Errno.None ? new ValueTask<Result<byte[]>>(call, call.Version) : Failed<byte[]>(error);
    }

    /// <summary>Moves the file of a fid; the fid then names the new place.</summary>
    public ValueTask<Errno> Rename(uint fid, uint newDirectory, ReadOnlySpan<byte> newName, CancellationToken cancel = default) =>
        Plain(Start(new Trename { Fid = fid, Newdirfid = newDirectory, Name = newName }, cancel, out var call), call);

    /// <summary>Moves an entry of a directory.</summary>
    public ValueTask<Errno> RenameAt(uint directory, ReadOnlySpan<byte> name, uint newDirectory, ReadOnlySpan<byte> newName, CancellationToken cancel = default) =>
        Plain(Start(new Trenameat { Olddirfid = directory, Oldname = name, Newdirfid = newDirectory, Newname = newName }, cancel, out var call), call);

    /// <summary>Removes an entry of a directory; <paramref name="isDirectory"/> says that it is one.</summary>
    public ValueTask<Errno> UnlinkAt(uint directory, ReadOnlySpan<byte> name, bool isDirectory, CancellationToken cancel = default) =>
        Plain(Start(new Tunlinkat { Dirfid = directory, Name = name, Flags = isDirectory ? P9Limits.AtRemoveDir : 0 }, cancel, out var call), call);

    /// <summary>Value of an extended attribute; with an empty name the names, each ended by NUL. E2BIG beyond <see cref="P9Limits.MaxXattrSize"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<byte[]>> GetExtendedAttribute(uint fid, byte[] name, CancellationToken cancel = default)
    {
        var newFid = TakeFid();
        if (newFid == P9Limits.NoFid)
            return Errno.EMFILE;
        var size = await WalkAttribute(fid, newFid, name, cancel).ConfigureAwait(false);
        if (!size.IsOk)
            return size.Error;
        var value = await ReadAttribute(newFid, size.Value, cancel).ConfigureAwait(false);
        Forget(newFid);
        return value;
    }

    /// <summary>Sets an extended attribute; <paramref name="flags"/>: 0, 1 must be new, 2 must exist. A null value removes it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> SetExtendedAttribute(uint fid, byte[] name, byte[]? value, uint flags, CancellationToken cancel = default)
    {
        var clone = await Clone(fid, cancel).ConfigureAwait(false);
        if (!clone.IsOk)
            return clone.Error;
        var sink = clone.Value.Fid;
        var data = GC.AllocateUninitializedArray<byte>(value?.Length ?? 0, pinned: true);
        value?.CopyTo(data, 0);
        var error = await Plain(
            Start(new Txattrcreate { Fid = sink, Name = name, AttrSize = (ulong)data.Length, Flags = value is null ? 2 : flags }, cancel, out var call), call).ConfigureAwait(false);
        for (var done = 0; error == Errno.None && done < data.Length;)
        {
            var written = await Write(sink, data.AsMemory(done), done, cancel).ConfigureAwait(false);
            error = written.IsOk && written.Value == 0 ? Errno.EIO : written.Error;
            done += written.ValueOrDefault;
        }

        // The attribute is set when the fid goes.
        var end = await Clunk(sink, CancellationToken.None).ConfigureAwait(false);
        return error == Errno.None ? end : error;
    }

    private ValueTask<Result<ulong>> WalkAttribute(uint fid, uint newFid, byte[] name, CancellationToken cancel)
    {
        var error = Start(new Txattrwalk { Fid = fid, Newfid = newFid, Name = name }, cancel, out var call);
        if (error != Errno.None)
        {
            FreeFid(newFid);
            return Failed<ulong>(error);
        }

        call.NewFid = newFid;
        return new ValueTask<Result<ulong>>(call, call.Version);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<byte[]>> ReadAttribute(uint fid, ulong size, CancellationToken cancel)
    {
        if (size > P9Limits.MaxXattrSize)
            return Errno.E2BIG;
        var value = GC.AllocateUninitializedArray<byte>((int)size, pinned: true);
        for (var done = 0; done < value.Length;)
        {
            var read = await Read(fid, value.AsMemory(done), done, cancel).ConfigureAwait(false);
            if (!read.IsOk)
                return read.Error;
            if (read.Value == 0)
                return Errno.EIO;
            done += read.Value;
        }

        return value;
    }

    private static ValueTask<Result<Qid>> Made(Errno error, NinePCall call) =>
        error == Errno.None ? new ValueTask<Result<Qid>>(call, call.Version) : Failed<Qid>(error);
}

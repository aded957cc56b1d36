using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Client;
using Pentode.NineP.Wire;

namespace Pentode.Cli.Commands.Files;

/// <summary>A server as one side of a copy.</summary>
internal sealed class RemoteTree(NinePClient client, CopyOptions options, uint gid)
{
    /// <summary>The directory of a fid, which it owns from now on, as the source.</summary>
    public ICopyDirectory Source(uint fid) => new SourceDirectory(this, fid);

    /// <summary>The directory of a fid, which it owns from now on, as the target.</summary>
    public ICopyTargetDirectory Target(uint fid) => new TargetDirectory(this, fid);

    /// <summary>Looks at the file of a fid, which it owns from now on. <paramref name="kind"/> is what a listing says of it, or 0.</summary>
    public async Task<Result<ICopySource>> OpenAsync(uint fid, byte kind)
    {
        // Where the listing says that it is a file, opening and looking go out together.
        var isFile = kind == CopyName.Regular;
        var opening = isFile ? client.Open(fid, 0) : default;
        var seen = await client.GetAttributes(fid).ConfigureAwait(true);
        var error = seen.Error;
        byte[] target = [];
        if (isFile || seen is { IsOk: true, Value.IsRegular: true })
        {
            var opened = isFile ? await opening.ConfigureAwait(true) : await client.Open(fid, 0).ConfigureAwait(true);
            error = error == Errno.None ? opened.Error : error;
        }
        else if (seen is { IsOk: true, Value.IsLink: true })
        {
            var read = await client.ReadLink(fid).ConfigureAwait(true);
            error = read.Error;
            target = read.ValueOrDefault ?? [];
        }

        if (error == Errno.None)
            return Results.Of<ICopySource>(new SourceEntry(this, fid, Attributes(seen.Value), target));
        client.Forget(fid);
        return error;
    }

    private NinePClient Client => client;

    private uint Group => gid;

    private bool IsDurable => options.IsDurable;

    private bool KeepsOwner => options.KeepsOwner;

    private static CopyAttributes Attributes(in NinePAttributes a) => new(a.Mode, a.Uid, a.Gid, a.Length, a.AccessTime, a.ModifyTime);

    private async ValueTask<Errno> ApplyAsync(uint fid, CopyAttributes a)
    {
        var mask = options.ModeMask;
        if (options.KeepsOwner)
        {
            var owned = await client.SetAttributes(fid, new AttributeChange { Uid = a.Uid, Gid = a.Gid }).ConfigureAwait(true);
            if (owned == Errno.EPERM)
                mask = 0x1FF;
            else if (owned != Errno.None)
                return owned;
        }

        var change = new AttributeChange
        {
            Mode = a.IsLink ? null : a.Mode & mask, SetAccessTime = true, AccessTime = a.AccessTime, SetModifyTime = true, ModifyTime = a.ModifyTime,
        };
        return await client.SetAttributes(fid, change).ConfigureAwait(true);
    }

    private sealed class SourceDirectory(RemoteTree tree, uint fid) : ICopyDirectory
    {
        private readonly List<NinePEntry> _batch = [];
        private uint _open = P9Limits.NoFid;
        private ulong _cookie;

        public async Task<Result<List<CopyName>>> NextNamesAsync()
        {
            if (_open == P9Limits.NoFid)
            {
                var clone = await tree.Client.Clone(fid).ConfigureAwait(true);
                if (!clone.IsOk)
                    return clone.Error;
                _open = clone.Value.Fid;
                var opened = await tree.Client.Open(_open, RemoteFlags.Directory).ConfigureAwait(true);
                if (!opened.IsOk)
                    return opened.Error;
            }

            var names = new List<CopyName>();
            while (true)
            {
                _batch.Clear();
                var read = await tree.Client.ReadEntries(_open, _cookie, _batch).ConfigureAwait(true);
                if (!read.IsOk)
                    return read.Error;
                foreach (var entry in _batch)
                {
                    if (!entry.Name.AsSpan().SequenceEqual("."u8) && !entry.Name.AsSpan().SequenceEqual(".."u8))
                        names.Add(new CopyName(entry.Name, entry.Kind));
                    _cookie = entry.Cookie;
                }

                if (read.Value == 0 || names.Count > 0)
                    return names;
            }
        }

        public async Task<Result<ICopySource>> OpenAsync(CopyName name)
        {
            var node = await tree.Client.Walk(fid, name.Bytes).ConfigureAwait(true);
            return node.IsOk ? await tree.OpenAsync(node.Value.Fid, name.Kind).ConfigureAwait(true) : node.Error;
        }

        public void Close()
        {
            if (_open != P9Limits.NoFid)
                tree.Client.Forget(_open);
            tree.Client.Forget(fid);
        }
    }

    private sealed class SourceEntry(RemoteTree tree, uint fid, CopyAttributes attributes, byte[] target) : ICopySource
    {
        private bool _isGone;

        public CopyAttributes Attributes => attributes;

        public byte[] Target => target;

        public ICopyDirectory Enter()
        {
            _isGone = true;
            return new SourceDirectory(tree, fid);
        }

        public ValueTask<Result<int>> ReadAsync(Memory<byte> buffer, long offset) => tree.Client.Read(fid, buffer, offset);

        public void Close()
        {
            if (!_isGone)
                tree.Client.Forget(fid);
            _isGone = true;
        }
    }

    private sealed class TargetDirectory(RemoteTree tree, uint fid) : ICopyTargetDirectory
    {
        public async Task<Result<ICopyTargetDirectory>> MakeDirectoryAsync(byte[] name)
        {
            var made = await tree.Client.MakeDirectory(fid, name, 0x1C0, tree.Group).ConfigureAwait(true);
            if (!made.IsOk && made.Error != Errno.EEXIST)
                return made.Error;
            var node = await tree.Client.Walk(fid, name).ConfigureAwait(true);
            if (!node.IsOk)
                return node.Error;
            if ((node.Value.Qid.Type & Qid.Directory) != 0)
                return Results.Of<ICopyTargetDirectory>(new TargetDirectory(tree, node.Value.Fid));
            tree.Client.Forget(node.Value.Fid);
            return Errno.ENOTDIR;
        }

        public async Task<Result<ICopyTarget>> CreateFileAsync(byte[] name)
        {
            const uint Fresh = RemoteFlags.Write | RemoteFlags.Create | RemoteFlags.Exclusive;
            var client = tree.Client;
            var clone = await client.Clone(fid).ConfigureAwait(true);
            if (!clone.IsOk)
                return clone.Error;
            var file = clone.Value.Fid;
            var isNew = true;
            var made = await client.Create(file, name, Fresh, 0x180, tree.Group).ConfigureAwait(true);
            if (made.Error == Errno.EEXIST)
            {
                var kind = await KindAsync(name).ConfigureAwait(true);
                if (kind == Qid.SymbolicLink)
                {
                    // A link is replaced, never written through.
                    var removed = await client.UnlinkAt(fid, name, isDirectory: false).ConfigureAwait(true);
                    made = removed == Errno.None ? await client.Create(file, name, Fresh, 0x180, tree.Group).ConfigureAwait(true) : removed;
                }
                else
                {
                    isNew = false;
                    made = kind == Qid.Directory
                        ? Errno.EISDIR
                        : await client.Create(file, name, RemoteFlags.Write | RemoteFlags.Create | RemoteFlags.Truncate, 0x180, tree.Group).ConfigureAwait(true);
                }
            }

            if (made.IsOk)
                return Results.Of<ICopyTarget>(new TargetFile(tree, this, name, file, isNew));
            client.Forget(file);
            return made.Error;
        }

        public async Task<Errno> MakeLinkAsync(byte[] name, byte[] target, CopyAttributes attributes)
        {
            var made = await tree.Client.MakeSymbolicLink(fid, name, target, tree.Group).ConfigureAwait(true);
            if (made.Error == Errno.EEXIST && await tree.Client.UnlinkAt(fid, name, isDirectory: false).ConfigureAwait(true) == Errno.None)
                made = await tree.Client.MakeSymbolicLink(fid, name, target, tree.Group).ConfigureAwait(true);
            if (!made.IsOk || !tree.KeepsOwner)
                return made.Error;
            var node = await tree.Client.Walk(fid, name).ConfigureAwait(true);
            if (!node.IsOk)
                return node.Error;
            var error = await tree.ApplyAsync(node.Value.Fid, attributes).ConfigureAwait(true);
            tree.Client.Forget(node.Value.Fid);
            return error;
        }

        public async Task<Errno> FinishAsync(CopyAttributes? attributes)
        {
            var error = attributes is { } a ? await tree.ApplyAsync(fid, a).ConfigureAwait(true) : Errno.None;
            tree.Client.Forget(fid);
            return error;
        }

        public ValueTask<Errno> RemoveAsync(byte[] name) => tree.Client.UnlinkAt(fid, name, isDirectory: false);

        private async ValueTask<byte> KindAsync(byte[] name)
        {
            var node = await tree.Client.Walk(fid, name).ConfigureAwait(true);
            if (!node.IsOk)
                return 0;
            tree.Client.Forget(node.Value.Fid);
            return node.Value.Qid.Type;
        }
    }

    private sealed class TargetFile(RemoteTree tree, TargetDirectory directory, byte[] name, uint fid, bool isNew) : ICopyTarget
    {
        public ValueTask<Result<int>> WriteAsync(ReadOnlyMemory<byte> buffer, long offset) => tree.Client.Write(fid, buffer, offset);

        public async Task<Errno> FinishAsync(CopyAttributes attributes)
        {
            var error = await tree.ApplyAsync(fid, attributes).ConfigureAwait(true);
            if (error == Errno.None && tree.IsDurable)
                error = await tree.Client.Fsync(fid, dataOnly: false).ConfigureAwait(true);

            // Some servers report a late write error only here.
            var closed = await tree.Client.Clunk(fid).ConfigureAwait(true);
            return error == Errno.None ? closed : error;
        }

        public async Task<bool> AbortAsync()
        {
            _ = await tree.Client.Clunk(fid).ConfigureAwait(true);
            return isNew && await directory.RemoveAsync(name).ConfigureAwait(true) == Errno.None;
        }
    }
}

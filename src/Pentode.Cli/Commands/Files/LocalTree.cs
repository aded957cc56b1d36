using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Files;
using Pentode.Linux;
using Pentode.Linux.Tree;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Files;

/// <summary>The local side: every call is relative to an open directory and follows no link. Calls that may wait run on the loop's workers.</summary>
internal sealed class LocalTree(IoLoop loop, CopyOptions options)
{
    private const int EntryBytes = 64 << 10;
    private const ulong Beneath = TreeCalls.ResolveBeneath | TreeCalls.ResolveNoSymbolicLinks;

    /// <summary>An open directory as the source.</summary>
    public ICopyDirectory Source(int directory) => new SourceDirectory(this, directory);

    /// <summary>An open directory as the target.</summary>
    public ICopyTargetDirectory Target(int directory) => new TargetDirectory(this, directory);

    private static CopyAttributes Attributes(in StatxData s) => new(
        s.Mode, s.Uid, s.Gid, s.Size, new FileTime(s.AccessSeconds, s.AccessNanoseconds), new FileTime(s.ModifySeconds, s.ModifyNanoseconds));

    private static int OpenEntry(int directory, byte[] name, int flags, uint mode = 0) =>
        TreeCalls.OpenAt(directory, name, flags | TreeCalls.NoFollowFlag | TreeCalls.CloseOnExec, mode, Beneath);

    private ValueTask<int> Run(Func<int> job) => loop.RunBlockingAsync(static state => ((Func<int>)state!)(), job);

    private static KernelTimespec Time(FileTime time) => new() { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds };

    /// <summary>Owner, mode, times; a user who may not give files away keeps them, as with cp -p.</summary>
    private int Apply(int fd, CopyAttributes a)
    {
        var mask = options.ModeMask;
        if (options.KeepsOwner)
        {
            var owned = TreeCalls.SetOwner(fd, a.Uid, a.Gid);
            if (owned == -(int)Errno.EPERM)
                mask = 0x1FF;
            else if (owned < 0)
                return owned;
        }

        var result = a.IsLink ? 0 : TreeCalls.SetMode(fd, a.Mode & mask);
        return result < 0 ? result : TreeCalls.SetTimes(fd, Time(a.AccessTime), Time(a.ModifyTime));
    }

    private sealed class SourceDirectory(LocalTree tree, int fd) : ICopyDirectory
    {
        private byte[]? _entries;

        public async Task<Result<List<CopyName>>> NextNamesAsync()
        {
            _entries ??= new byte[EntryBytes];
            var names = new List<CopyName>();
            while (true)
            {
                var length = await tree.Run(() => TreeCalls.ReadEntries(fd, _entries)).ConfigureAwait(true);
                if (length < 0)
                    return (Errno)(-length);
                Parse(_entries.AsSpan(0, length), names);

                // A batch may hold nothing but "." and "..".
                if (length == 0 || names.Count > 0)
                    return names;
            }
        }

        public async Task<Result<ICopySource>> OpenAsync(CopyName name)
        {
            var data = default(StatxData);
            byte[] target = [];
            var file = -1;
            var result = await tree.Run(() =>
            {
                var error = TreeCalls.Stat(fd, name.Bytes, out data);
                if (error < 0)
                    return error;
                switch (data.Mode & 0xF000)
                {
                    case 0x8000:
                        file = OpenEntry(fd, name.Bytes, TreeCalls.NonBlock);
                        return file < 0 ? file : TreeCalls.Stat(file, out data);
                    case 0x4000:
                        file = OpenEntry(fd, name.Bytes, TreeCalls.DirectoryFlag);
                        return file;
                    case 0xA000:
                        return ReadLink(name.Bytes, out target);
                    default:
                        return 0;
                }
            }).ConfigureAwait(true);
            if (result >= 0)
                return Results.Of<ICopySource>(new SourceEntry(tree, file, Attributes(data), target));
            if (file >= 0)
                _ = TreeCalls.Close(file);
            return (Errno)(-result);
        }

        public void Close() => _ = TreeCalls.Close(fd);

        private int ReadLink(byte[] name, out byte[] target)
        {
            target = [];
            var link = OpenLink(name);
            if (link < 0)
                return link;
            var buffer = new byte[4096];
            var length = TreeCalls.ReadLink(link, buffer);
            _ = TreeCalls.Close(link);
            if (length >= 0)
                target = buffer[..length];
            return length;
        }

        // RESOLVE_NO_SYMLINKS refuses a link even as the last name, unless it is only looked at.
        private int OpenLink(byte[] name) =>
            TreeCalls.OpenAt(fd, name, TreeCalls.PathOnly | TreeCalls.NoFollowFlag | TreeCalls.CloseOnExec, 0, TreeCalls.ResolveBeneath);

        private static void Parse(ReadOnlySpan<byte> entries, List<CopyName> names)
        {
            // linux_dirent64: ino[8] off[8] reclen[2] type[1] name, ended by NUL.
            while (entries.Length >= 19)
            {
                var length = BinaryPrimitives.ReadUInt16LittleEndian(entries[16..]);
                var name = entries[19..length];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    names.Add(new CopyName(name.ToArray(), entries[18]));
                entries = entries[length..];
            }
        }
    }

    private sealed class SourceEntry(LocalTree tree, int fd, CopyAttributes attributes, byte[] target) : ICopySource
    {
        private readonly LocalTree _tree = tree;
        private int _fd = fd;

        public CopyAttributes Attributes => attributes;

        public byte[] Target => target;

        public ICopyDirectory Enter()
        {
            var directory = new SourceDirectory(_tree, _fd);
            _fd = -1;
            return directory;
        }

        public async ValueTask<Result<int>> ReadAsync(Memory<byte> buffer, long offset)
        {
            var read = await _tree.Loop.ReadAsync(_fd, buffer, offset).ConfigureAwait(true);
            if (read < 0)
                return (Errno)(-read);
            return read;
        }

        public void Close()
        {
            if (_fd >= 0)
                _ = TreeCalls.Close(_fd);
            _fd = -1;
        }
    }

    private IoLoop Loop => loop;

    private bool IsDurable => options.IsDurable;

    private bool KeepsOwner => options.KeepsOwner;

    private sealed class TargetDirectory(LocalTree tree, int fd) : ICopyTargetDirectory
    {
        public async Task<Result<ICopyTargetDirectory>> MakeDirectoryAsync(byte[] name)
        {
            var made = await tree.Run(() =>
            {
                var result = TreeCalls.MakeDirectory(fd, name, 0x1C0);
                return result is 0 or -(int)Errno.EEXIST ? OpenEntry(fd, name, TreeCalls.DirectoryFlag) : result;
            }).ConfigureAwait(true);
            if (made < 0)
                return made == -(int)Errno.ELOOP ? Errno.ENOTDIR : (Errno)(-made);
            return Results.Of<ICopyTargetDirectory>(new TargetDirectory(tree, made));
        }

        public async Task<Result<ICopyTarget>> CreateFileAsync(byte[] name)
        {
            var isNew = true;
            var file = await tree.Run(() =>
            {
                const int Fresh = 1 | TreeCalls.Create | TreeCalls.Exclusive;
                var result = OpenEntry(fd, name, Fresh, 0x180);
                if (result != -(int)Errno.EEXIST)
                    return result;
                result = OpenEntry(fd, name, 1 | TreeCalls.Truncate | TreeCalls.NonBlock);
                isNew = result < 0;

                // A link is replaced, never written through.
                if (result == -(int)Errno.ELOOP && TreeCalls.Unlink(fd, name, removeDirectory: false) == 0)
                    return OpenEntry(fd, name, Fresh, 0x180);
                if (result < 0 || TreeCalls.Stat(result, out var data) < 0 || (data.Mode & 0xF000) == 0x8000)
                    return result;
                _ = TreeCalls.Close(result);
                return -(int)Errno.EEXIST;
            }).ConfigureAwait(true);
            if (file < 0)
                return (Errno)(-file);
            return Results.Of<ICopyTarget>(new TargetFile(tree, this, name, file, isNew));
        }

        public async Task<Errno> MakeLinkAsync(byte[] name, byte[] target, CopyAttributes attributes)
        {
            var result = await tree.Run(() =>
            {
                var made = TreeCalls.MakeSymbolicLink(fd, name, target);
                if (made == -(int)Errno.EEXIST && TreeCalls.Unlink(fd, name, removeDirectory: false) == 0)
                    made = TreeCalls.MakeSymbolicLink(fd, name, target);
                if (made < 0 || !tree.KeepsOwner)
                    return made;
                var link = TreeCalls.OpenAt(fd, name, TreeCalls.PathOnly | TreeCalls.NoFollowFlag | TreeCalls.CloseOnExec, 0, TreeCalls.ResolveBeneath);
                if (link < 0)
                    return link;
                made = tree.Apply(link, attributes);
                _ = TreeCalls.Close(link);
                return made;
            }).ConfigureAwait(true);
            return (Errno)(-result);
        }

        public async Task<Errno> FinishAsync(CopyAttributes? attributes)
        {
            var result = await tree.Run(() =>
            {
                var error = tree.IsDurable ? TreeCalls.Sync(fd, dataOnly: false) : 0;
                if (error == 0 && attributes is { } a)
                    error = tree.Apply(fd, a);
                _ = TreeCalls.Close(fd);
                return error;
            }).ConfigureAwait(true);
            return (Errno)(-result);
        }

        public int Remove(byte[] name) => TreeCalls.Unlink(fd, name, removeDirectory: false);
    }

    private sealed class TargetFile(LocalTree tree, TargetDirectory directory, byte[] name, int fd, bool isNew) : ICopyTarget
    {
        public async ValueTask<Result<int>> WriteAsync(ReadOnlyMemory<byte> buffer, long offset)
        {
            var written = await tree.Loop.WriteAsync(fd, buffer, offset, dataSync: false).ConfigureAwait(true);
            if (written < 0)
                return (Errno)(-written);
            return written;
        }

        public async Task<Errno> FinishAsync(CopyAttributes attributes)
        {
            var result = await tree.Run(() =>
            {
                var error = tree.Apply(fd, attributes);
                if (error == 0 && tree.IsDurable)
                    error = TreeCalls.Sync(fd, dataOnly: false);
                var closed = TreeCalls.Close(fd);
                return error < 0 ? error : closed;
            }).ConfigureAwait(true);
            return (Errno)(-result);
        }

        public async Task<bool> AbortAsync() => await tree.Run(() =>
        {
            _ = TreeCalls.Close(fd);
            return isNew ? directory.Remove(name) : -1;
        }).ConfigureAwait(true) == 0;
    }
}

using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.Fuse.Wire;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Fuse;

/// <content>Finding, making, moving and removing entries.</content>
public sealed partial class FuseSession
{
    /// <summary>The name that starts at <paramref name="start"/> of the body and ends with NUL; null when there is none.</summary>
    private static FileName? NameAt(FuseRequest q, int start, out int next)
    {
        next = 0;
        if (start > q.Body.Length)
            return null;
        var rest = q.Body[start..];
        var length = rest.Span.IndexOf((byte)0);
        if (length < 0)
            return null;
        next = start + length + 1;
        return new FileName(rest[..length]);
    }

    private ValueTask<Errno> Lookup(FuseRequest q)
    {
        if (NameAt(q, 0, out _) is not { } name)
            return new(Errno.EIO);
        return Pin(q) is { } directory ? AnswerEntry(q, _volume.Lookup(q.Who, directory, name), isLookup: true) : new(Errno.ESTALE);
    }

    private ValueTask<Errno> MakeNode(FuseRequest q)
    {
        if (!FuseMknodIn.TryRead(q.Body.Span, out var m) || NameAt(q, FuseMknodIn.Size, out _) is not { } name)
            return new(Errno.EIO);
        if (Pin(q) is not { } directory)
            return new(Errno.ESTALE);
        var major = (m.Device & 0xFFF00) >> 8;
        var minor = (m.Device & 0xFF) | ((m.Device >> 12) & 0xFFF00);
        return AnswerEntry(q, _volume.MakeNode(q.Who, directory, name, m.Mode, major, minor, uint.MaxValue));
    }

    private ValueTask<Errno> MakeDirectory(FuseRequest q)
    {
        if (!FuseMkdirIn.TryRead(q.Body.Span, out var m) || NameAt(q, FuseMkdirIn.Size, out _) is not { } name)
            return new(Errno.EIO);
        return Pin(q) is { } directory
            ? AnswerEntry(q, _volume.MakeDirectory(q.Who, directory, name, m.Mode, uint.MaxValue))
            : new(Errno.ESTALE);
    }

    private ValueTask<Errno> MakeSymbolicLink(FuseRequest q)
    {
        if (NameAt(q, 0, out var next) is not { } name || NameAt(q, next, out _) is not { } target)
            return new(Errno.EIO);
        return Pin(q) is { } directory
            ? AnswerEntry(q, _volume.MakeSymbolicLink(q.Who, directory, name, target.Bytes, uint.MaxValue))
            : new(Errno.ESTALE);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Link(FuseRequest q)
    {
        if (ReadLinkRequest(q, out var old) is not { } name)
            return Errno.EIO;
        if (Pin(q) is not { } directory || PinSecond(q, old) is not { } target)
            return Errno.ESTALE;
        var error = await _volume.Link(q.Who, directory, target, name);
        if (error != Errno.None)
            return error;
        target.AddReference();
        return await AnswerNode(q, target);
    }

    private static FileName? ReadLinkRequest(FuseRequest q, out ulong old)
    {
        var isRead = FuseLinkIn.TryRead(q.Body.Span, out var m);
        old = m.OldNode;
        return isRead ? NameAt(q, FuseLinkIn.Size, out _) : null;
    }

    private ValueTask<Errno> Unlink(FuseRequest q, bool directory)
    {
        if (NameAt(q, 0, out _) is not { } name)
            return new(Errno.EIO);
        return Pin(q) is { } parent ? _volume.Unlink(q.Who, parent, name, directory) : new(Errno.ESTALE);
    }

    private ValueTask<Errno> Rename(FuseRequest q) =>
        FuseRenameIn.TryRead(q.Body.Span, out var m) ? Rename(q, m.NewDirectory, FuseRenameIn.Size) : new(Errno.EIO);

    private ValueTask<Errno> Rename2(FuseRequest q)
    {
        if (!FuseRename2In.TryRead(q.Body.Span, out var m))
            return new(Errno.EIO);
        // The tree contract has neither "only if new" nor exchange, and two steps would not be one.
        return m.Flags != 0 ? new(Errno.EINVAL) : Rename(q, m.NewDirectory, FuseRename2In.Size);
    }

    private ValueTask<Errno> Rename(FuseRequest q, ulong newDirectory, int start)
    {
        if (NameAt(q, start, out var next) is not { } name || NameAt(q, next, out _) is not { } newName)
            return new(Errno.EIO);
        return Pin(q) is { } from && PinSecond(q, newDirectory) is { } to
            ? _volume.Rename(q.Who, from, name, to, newName)
            : new(Errno.ESTALE);
    }

    private ValueTask<Errno> Create(FuseRequest q)
    {
        // With ENOSYS once, the kernel creates by FUSE_MKNOD and opens by FUSE_OPEN ever after.
        if (_options.OpenMayWait)
            return new(Errno.ENOSYS);
        if (!FuseCreateIn.TryRead(q.Body.Span, out var m) || NameAt(q, FuseCreateIn.Size, out _) is not { } name)
            return new(Errno.EIO);
        return Pin(q) is { } directory ? Create(q, directory, name, (int)m.Flags, m.Mode) : new(Errno.ESTALE);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Create(FuseRequest q, INode directory, FileName name, int flags, uint mode)
    {
        var created = await _volume.Create(q.Who, directory, name, flags, mode & 0xFFF, uint.MaxValue);
        if (!created.IsOk)
            return created.Error;
        var (made, file) = (created.Value.Node, created.Value.File);
        var attributes = await _volume.GetAttributes(q.Who, made);
        if (!attributes.IsOk)
        {
            made.Release();
            _ = await _volume.Close(file);
            return attributes.Error;
        }

        var node = Know(made);
        var handle = NewHandle(file);
        if (!AnswerCreated(q, node, handle, attributes.Value, flags))
        {
            Forget(node.Id, 1);
            _ = CloseFile(handle);
        }

        return Errno.None;
    }

    private bool AnswerCreated(FuseRequest q, FuseNode node, FuseHandle handle, in FileAttributes attributes, int flags)
    {
        Span<byte> bytes = stackalloc byte[FuseEntryOut.Size + FuseOpenOut.Size];
        WriteEntry(bytes, node, attributes);
        WriteOpen(bytes[FuseEntryOut.Size..], handle, flags);
        return Answer(q, bytes);
    }

    // The entry a call of the tree has found or made.
    private ValueTask<Errno> AnswerEntry(FuseRequest q, ValueTask<Result<INode>> task, bool isLookup = false)
    {
        if (!task.IsCompletedSuccessfully)
            return AnswerEntryLater(q, task, isLookup);
        var found = task.Result;
        return found.IsOk ? AnswerNode(q, found.Value) : new(NoEntry(q, found.Error, isLookup));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerEntryLater(FuseRequest q, ValueTask<Result<INode>> task, bool isLookup)
    {
        var found = await task;
        return found.IsOk ? await AnswerNode(q, found.Value) : NoEntry(q, found.Error, isLookup);
    }

    private Errno NoEntry(FuseRequest q, Errno error, bool isLookup)
    {
        if (!isLookup || error != Errno.ENOENT || _options.NegativeTimeout == TimeSpan.Zero)
            return error;
        // Node 0: there is none, and this may be believed for a while.
        Span<byte> bytes = stackalloc byte[FuseEntryOut.Size];
        bytes.Clear();
        var writer = new LittleEndianWriter(bytes);
        new FuseEntryOut { EntrySeconds = (ulong)_options.NegativeTimeout.TotalSeconds, EntryNanoseconds = Nanoseconds(_options.NegativeTimeout) }.Write(ref writer);
        _ = Answer(q, bytes);
        return Errno.None;
    }

    // Takes over the reference.
    private ValueTask<Errno> AnswerNode(FuseRequest q, INode found)
    {
        var task = _volume.GetAttributes(q.Who, found);
        return task.IsCompletedSuccessfully ? new(AnswerNode(q, found, task.Result)) : AnswerNodeLater(q, found, task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerNodeLater(FuseRequest q, INode found, ValueTask<Result<FileAttributes>> task) => AnswerNode(q, found, await task);

    private Errno AnswerNode(FuseRequest q, INode found, Result<FileAttributes> attributes)
    {
        if (!attributes.IsOk)
        {
            found.Release();
            return attributes.Error;
        }

        var node = Know(found);
        Span<byte> bytes = stackalloc byte[FuseEntryOut.Size];
        WriteEntry(bytes, node, attributes.Value);
        if (!Answer(q, bytes))
            Forget(node.Id, 1);
        return Errno.None;
    }
}

using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Fuse.Wire;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Fuse;

/// <content>Attributes, links, permissions and statfs.</content>
public sealed partial class FuseSession
{
    private ValueTask<Errno> GetAttributes(FuseRequest q)
    {
        if (Pin(q) is not { } node)
            return new(Errno.ESTALE);
        var task = _volume.GetAttributes(q.Who, node);
        return task.IsCompletedSuccessfully ? new(AnswerAttributes(q, task.Result)) : AnswerAttributesLater(q, task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerAttributesLater(FuseRequest q, ValueTask<Result<FileAttributes>> task) => AnswerAttributes(q, await task);

    private Errno AnswerAttributes(FuseRequest q, Result<FileAttributes> attributes)
    {
        if (!attributes.IsOk)
            return attributes.Error;
        AnswerAttributes(q, attributes.Value);
        return Errno.None;
    }

    private ValueTask<Errno> SetAttributes(FuseRequest q)
    {
        if (!FuseSetattrIn.TryRead(q.Body.Span, out var m))
            return new(Errno.EIO);
        if (Pin(q) is not { } node)
            return new(Errno.ESTALE);
        var valid = (FuseSetattrValid)m.Valid;
        IOpenFile? through = null;
        if ((valid & FuseSetattrValid.Handle) != 0 && (through = Pin(q, m.Handle)) is null)
            return new(Errno.EBADF);
        bool Has(FuseSetattrValid bit) => (valid & bit) != 0;
        var change = new AttributeChange
        {
            Mode = Has(FuseSetattrValid.Mode) ? m.Mode & 0xFFF : null,
            Uid = Has(FuseSetattrValid.Uid) ? m.Uid : null,
            Gid = Has(FuseSetattrValid.Gid) ? m.Gid : null,
            Size = Has(FuseSetattrValid.Size) ? m.Length : null,
            SetAccessTime = Has(FuseSetattrValid.AccessTime),
            AccessTime = Has(FuseSetattrValid.AccessTime) && !Has(FuseSetattrValid.AccessTimeNow)
                ? new FileTime((long)m.AccessTime, m.AccessNanoseconds) : null,
            SetModifyTime = Has(FuseSetattrValid.ModifyTime),
            ModifyTime = Has(FuseSetattrValid.ModifyTime) && !Has(FuseSetattrValid.ModifyTimeNow)
                ? new FileTime((long)m.ModifyTime, m.ModifyNanoseconds) : null,
            TouchChangeTime = Has(FuseSetattrValid.ChangeTime),
        };
        return SetAttributes(q, node, change, through);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> SetAttributes(FuseRequest q, INode node, AttributeChange change, IOpenFile? through)
    {
        var error = await _volume.SetAttributes(q.Who, node, change, through);
        return error != Errno.None ? error : AnswerAttributes(q, await _volume.GetAttributes(q.Who, node));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> ReadLink(FuseRequest q)
    {
        if (Pin(q) is not { } node)
            return Errno.ESTALE;
        var target = await _volume.ReadLink(q.Who, node);
        if (!target.IsOk)
            return target.Error;
        _ = Answer(q, target.Value);
        return Errno.None;
    }

    /// <summary>
    /// access(2) and chdir(2) without FuseOptions.DefaultPermissions: by mode, owner and group. An access list that grants more than the mode shows
    /// is left to the call that follows.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Access(FuseRequest q)
    {
        var isRead = ReadMask(q, out var mask);
        if (!isRead)
            return Errno.EIO;
        if (Pin(q) is not { } node)
            return Errno.ESTALE;
        var attributes = await _volume.GetAttributes(q.Who, node);
        if (!attributes.IsOk)
            return attributes.Error;
        if ((mask & 2) != 0 && _volume.IsReadOnly)
            return Errno.EROFS;
        return MayAccess(attributes.Value, q.Who, mask) ? Errno.None : Errno.EACCES;
    }

    private static bool ReadMask(FuseRequest q, out uint mask)
    {
        var isRead = FuseAccessIn.TryRead(q.Body.Span, out var m);
        mask = m.Mask;
        return isRead;
    }

    private static bool MayAccess(in FileAttributes attributes, Credentials who, uint mask)
    {
        var mode = attributes.Mode;
        if (who.Uid == 0)
            return (mask & 1) == 0 || attributes.Id.IsDirectory || (mode & 0x49) != 0;
        var shift = who.Uid == attributes.Uid ? 6 : who.IsInGroup(attributes.Gid) ? 3 : 0;
        return ((mode >> shift) & mask & 7) == (mask & 7);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Statistics(FuseRequest q)
    {
        if (Pin(q) is not { } node)
            return Errno.ESTALE;
        var statistics = await _volume.GetStatistics(q.Who, node);
        if (!statistics.IsOk)
            return statistics.Error;
        AnswerStatistics(q, statistics.Value);
        return Errno.None;
    }

    private void AnswerStatistics(FuseRequest q, in FileSystemStatistics s)
    {
        Span<byte> bytes = stackalloc byte[FuseStatfsOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseStatfsOut
        {
            Blocks = s.Blocks,
            FreeBlocks = s.FreeBlocks,
            AvailableBlocks = s.AvailableBlocks,
            Files = s.Files,
            FreeFiles = s.FreeFiles,
            BlockSize = s.BlockSize,
            NameLength = s.NameLength,
            FragmentSize = s.BlockSize,
        }.Write(ref writer);
        _ = Answer(q, bytes);
    }
}

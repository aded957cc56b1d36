using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Tgetattr, Tsetattr, Tstatfs.</summary>
internal sealed partial class NinePConnection
{
    private const ulong BasicAttributes = 0x7FF;
    private const ulong BirthTimeAttribute = 0x800;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> GetAttributes(Request q)
    {
        if (!Tgetattr.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var fid = UseNode(q, m.Fid);
        if (fid is null)
            return Errno.EBADF;
        var result = await fid.Volume.GetAttributes(fid.Who, fid.Node).ConfigureAwait(false);
        if (!result.IsOk)
            return result.Error;
        var a = result.Value;
        var birth = a.HasBirthTime ? a.BirthTime : default;
        Answer(q, new Rgetattr
        {
            Valid = BasicAttributes | (a.HasBirthTime ? BirthTimeAttribute : 0),
            Qid = Qid.From(a.Id),
            Mode = a.Mode,
            Uid = a.Uid,
            Gid = a.Gid,
            Nlink = a.LinkCount,
            Rdev = EncodeDevice(a.DeviceMajor, a.DeviceMinor),
            Length = a.Size,
            Blksize = (ulong)IoUnit,
            Blocks = a.Blocks,
            AtimeSec = (ulong)a.AccessTime.Seconds,
            AtimeNsec = a.AccessTime.Nanoseconds,
            MtimeSec = (ulong)a.ModifyTime.Seconds,
            MtimeNsec = a.ModifyTime.Nanoseconds,
            CtimeSec = (ulong)a.ChangeTime.Seconds,
            CtimeNsec = a.ChangeTime.Nanoseconds,
            BtimeSec = (ulong)birth.Seconds,
            BtimeNsec = birth.Nanoseconds,
        });
        return Errno.None;
    }

    /// <summary>The kernel's 32 bit form (new_encode_dev).</summary>
    private static ulong EncodeDevice(uint major, uint minor) => (minor & 0xFF) | (major << 8) | ((minor & ~0xFFu) << 12);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> SetAttributes(Request q)
    {
        if (!Tsetattr.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var fid = UseNode(q, m.Fid);
        if (fid is null)
            return Errno.EBADF;
        var valid = m.Valid;
        if (((valid & 2) != 0 && m.Uid == uint.MaxValue) || ((valid & 4) != 0 && m.Gid == uint.MaxValue))
            return Errno.EINVAL;
        if (((valid & 0x80) != 0 && m.AtimeNsec > 999_999_999) || ((valid & 0x100) != 0 && m.MtimeNsec > 999_999_999))
            return Errno.EINVAL;
        var change = new AttributeChange
        {
            Mode = (valid & 1) != 0 ? m.Mode & 0xFFF : null,
            Uid = (valid & 2) != 0 ? m.Uid : null,
            Gid = (valid & 4) != 0 ? m.Gid : null,
            Size = (valid & 8) != 0 ? m.Length : null,
            SetAccessTime = (valid & 0x10) != 0,
            AccessTime = (valid & 0x80) != 0 ? new FileTime((long)m.AtimeSec, (uint)m.AtimeNsec) : null,
            SetModifyTime = (valid & 0x20) != 0,
            ModifyTime = (valid & 0x100) != 0 ? new FileTime((long)m.MtimeSec, (uint)m.MtimeNsec) : null,
            TouchChangeTime = (valid & 0x40) != 0,
        };
        var error = await fid.Volume.SetAttributes(fid.Who, fid.Node, change, fid.File).ConfigureAwait(false);
        if (error == Errno.None)
            AnswerEmpty(q);
        return error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Statistics(Request q)
    {
        if (!Tstatfs.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var fid = UseNode(q, m.Fid);
        if (fid is null)
            return Errno.EBADF;
        var result = await fid.Volume.GetStatistics(fid.Who, fid.Node).ConfigureAwait(false);
        if (!result.IsOk)
            return result.Error;
        var s = result.Value;
        Answer(q, new Rstatfs
        {
            Kind = s.Type, Bsize = s.BlockSize, Blocks = s.Blocks, Bfree = s.FreeBlocks, Bavail = s.AvailableBlocks, Files = s.Files, Ffree = s.FreeFiles, Fsid = s.FileSystemId, Namelen = s.NameLength,
        });
        return Errno.None;
    }
}

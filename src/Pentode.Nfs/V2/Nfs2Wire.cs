using Pentode.Core.Codecs;
using Pentode.Files;

namespace Pentode.Nfs.V2;

/// <summary>Building blocks of NFSv2 messages (RFC 1094 section 2.3).</summary>
internal static class Nfs2Wire
{
    /// <summary>Sizes of fhandle, of fattr, of the largest READ and WRITE.</summary>
    public const int Handle = 32, Attributes = 68, MaxData = 8192;

    /// <summary>Microseconds that mean "now, by the server's clock", for both times when in mtime.</summary>
    private const uint NowMicroseconds = 1_000_000;

    private const uint BlockSize = 4096;
    private const uint MaxSize = int.MaxValue;

    /// <summary>
    /// fattr, 17 words: <c>type | mode | nlink | uid | gid | size | blocksize | rdev | blocks | fsid | fileid | atime s, us | mtime | ctime</c>. The mode has the
    /// type's bits; sizes above 2³¹-1 are told as that.
    /// </summary>
    public static void WriteAttributes(ref XdrWriter writer, in FileAttributes a, ulong fileSystem)
    {
        var (type, mode) = TypeOf(a.Mode);
        writer.U32(type);
        writer.U32(mode | (a.Mode & 0xFFF));
        writer.U32((uint)Math.Min(a.LinkCount, uint.MaxValue));
        writer.U32(a.Uid);
        writer.U32(a.Gid);
        writer.U32((uint)Math.Min(a.Size, MaxSize));
        writer.U32(BlockSize);
        // A FIFO is a character device that cannot be.
        writer.U32((a.Mode & 0xF000) == 0x1000 ? uint.MaxValue : ((a.DeviceMajor & 0xFF) << 8) | (a.DeviceMinor & 0xFF));
        writer.U32((uint)Math.Min(a.Blocks, uint.MaxValue));
        writer.U32((uint)fileSystem);
        writer.U32(ShortId(a.Id.Path));
        WriteTime(ref writer, a.AccessTime);
        WriteTime(ref writer, a.ModifyTime);
        WriteTime(ref writer, a.ChangeTime);
    }

    /// <summary>A file id of 32 bits.</summary>
    public static uint ShortId(ulong id) => (uint)id == id ? (uint)id : (uint)(id ^ (id >> 32));

    /// <summary>sattr: <c>mode | uid | gid | size | atime s, us | mtime s, us</c>; all ones keep.</summary>
    public static AttributeChange ReadChange(ref XdrReader reader, out uint mode)
    {
        mode = reader.U32();
        var (uid, gid, size) = (reader.U32(), reader.U32(), reader.U32());
        var (accessSeconds, accessMicroseconds, modifySeconds, modifyMicroseconds) = (reader.U32(), reader.U32(), reader.U32(), reader.U32());
        var isNow = modifyMicroseconds == NowMicroseconds;
        return new AttributeChange
        {
            Mode = mode == uint.MaxValue ? null : mode & 0xFFF,
            Uid = uid == uint.MaxValue ? null : uid,
            Gid = gid == uint.MaxValue ? null : gid,
            Size = size == uint.MaxValue ? null : size,
            SetAccessTime = isNow || accessSeconds != uint.MaxValue,
            AccessTime = isNow ? null : new FileTime(accessSeconds, Math.Min(accessMicroseconds, 999_999) * 1000),
            SetModifyTime = isNow || modifySeconds != uint.MaxValue,
            ModifyTime = isNow ? null : new FileTime(modifySeconds, Math.Min(modifyMicroseconds, 999_999) * 1000),
        };
    }

    private static void WriteTime(ref XdrWriter writer, FileTime time)
    {
        writer.U32((uint)time.Seconds);
        writer.U32(time.Nanoseconds / 1000);
    }

    private static (uint Type, uint Mode) TypeOf(uint mode) => (mode & 0xF000) switch
    {
        0x4000 => (2, 0x4000),
        0x6000 => (3, 0x6000),
        0x2000 or 0x1000 => (4, 0x2000),
        0xA000 => (5, 0xA000),
        0xC000 => (6, 0xC000),
        _ => (1, 0x8000),
    };
}

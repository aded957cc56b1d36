using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V3;

/// <summary>Building blocks of NFSv3 messages (RFC 1813 section 2.6).</summary>
internal static class Nfs3Wire
{
    /// <summary>Longest nfs_fh3.</summary>
    public const int MaxHandle = 64;

    /// <summary>Sizes: fattr3, post_op_attr with attributes, the largest wcc_data.</summary>
    public const int Attributes = 84, PostOperation = 4 + Attributes, Wcc = 4 + 24 + PostOperation;

    /// <summary>Bytes of a READDIR or READDIRPLUS reply that are not entries: attributes of the directory, verifier, end of list, end of directory.</summary>
    public const int ListingFrame = PostOperation + 8 + 4 + 4;

    /// <summary>
    /// fattr3: <c>type | mode | nlink | uid | gid | size (8) | used (8) | rdev major, minor | fsid (8) | fileid (8) | atime s, ns | mtime | ctime</c>.
    /// </summary>
    public static void WriteAttributes(ref XdrWriter writer, in FileAttributes a, ulong fileSystem)
    {
        writer.U32(TypeOf(a.Mode));
        writer.U32(a.Mode & 0xFFF);
        writer.U32((uint)Math.Min(a.LinkCount, uint.MaxValue));
        writer.U32(a.Uid);
        writer.U32(a.Gid);
        writer.U64(a.Size);
        writer.U64(a.Blocks * 512);
        writer.U32(a.DeviceMajor);
        writer.U32(a.DeviceMinor);
        writer.U64(fileSystem);
        writer.U64(a.Id.Path);
        WriteTime(ref writer, a.AccessTime);
        WriteTime(ref writer, a.ModifyTime);
        WriteTime(ref writer, a.ChangeTime);
    }

    /// <summary>post_op_attr with attributes.</summary>
    public static void WritePost(ref XdrWriter writer, in FileAttributes attributes, ulong fileSystem)
    {
        writer.U32(1);
        WriteAttributes(ref writer, attributes, fileSystem);
    }

    /// <summary>post_op_attr without.</summary>
    public static void WriteNoPost(ref XdrWriter writer) => writer.U32(0);

    /// <summary>post_op_fh3.</summary>
    public static void WritePostHandle(ref XdrWriter writer, ReadOnlySpan<byte> handle)
    {
        writer.U32(1);
        writer.Opaque(handle);
    }

    /// <summary>wcc_data: size, mtime, ctime before, all attributes after, each if known.</summary>
    public static void WriteWcc(ref XdrWriter writer, WccState wcc)
    {
        writer.U32(wcc.HasBefore ? 1u : 0);
        if (wcc.HasBefore)
        {
            writer.U64(wcc.Size);
            WriteTime(ref writer, wcc.ModifyTime);
            WriteTime(ref writer, wcc.ChangeTime);
        }

        if (wcc.HasAfter)
            WritePost(ref writer, wcc.After, wcc.FileSystem);
        else
            WriteNoPost(ref writer);
    }

    /// <summary>nfstime3; seconds are cut to 32 bits.</summary>
    public static void WriteTime(ref XdrWriter writer, FileTime time)
    {
        writer.U32((uint)time.Seconds);
        writer.U32(time.Nanoseconds);
    }

    /// <summary>
    /// sattr3: for each of mode, uid, gid, size a flag and the value; for atime and mtime 0 keep, 1 now, 2 and the time. Null when it does not parse.
    /// </summary>
    public static AttributeChange? ReadChange(ref XdrReader reader)
    {
        var isGood = true;
        uint? mode = Flag(ref reader, ref isGood) ? reader.U32() & 0xFFF : null;
        uint? uid = Flag(ref reader, ref isGood) ? reader.U32() : null;
        uint? gid = Flag(ref reader, ref isGood) ? reader.U32() : null;
        ulong? size = Flag(ref reader, ref isGood) ? reader.U64() : null;
        var (setAccess, access) = ReadTimeChange(ref reader, ref isGood);
        var (setModify, modify) = ReadTimeChange(ref reader, ref isGood);
        if (!isGood || reader.IsOverrun)
            return null;
        return new AttributeChange
        {
            Mode = mode, Uid = uid, Gid = gid, Size = size, SetAccessTime = setAccess, AccessTime = access, SetModifyTime = setModify, ModifyTime = modify,
        };
    }

    /// <summary>A bool of XDR: 0 or 1, all else is an error.</summary>
    public static bool Flag(ref XdrReader reader, ref bool isGood)
    {
        var value = reader.U32();
        isGood &= value <= 1;
        return value == 1;
    }

    /// <summary>nfstime3.</summary>
    public static FileTime ReadTime(ref XdrReader reader)
    {
        var seconds = reader.U32();
        return new FileTime(seconds, reader.U32());
    }

    private static (bool Set, FileTime? Time) ReadTimeChange(ref XdrReader reader, ref bool isGood)
    {
        switch (reader.U32())
        {
            case 0:
                return (false, null);
            case 1:
                return (true, null);
            case 2:
                return (true, ReadTime(ref reader));
            default:
                isGood = false;
                return (false, null);
        }
    }

    private static uint TypeOf(uint mode) => (mode & 0xF000) switch
    {
        0x8000 => 1,
        0x4000 => 2,
        0x6000 => 3,
        0x2000 => 4,
        0xA000 => 5,
        0xC000 => 6,
        0x1000 => 7,
        _ => 1,
    };
}

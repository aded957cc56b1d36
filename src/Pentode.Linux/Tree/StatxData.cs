using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>struct statx (linux/stat.h), 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct StatxData
{
    /// <summary>STATX_BTIME.</summary>
    public const uint MaskBirthTime = 0x800;

    /// <summary>stx_mask.</summary>
    [FieldOffset(0)] public uint Mask;

    /// <summary>stx_nlink.</summary>
    [FieldOffset(16)] public uint LinkCount;

    /// <summary>stx_uid.</summary>
    [FieldOffset(20)] public uint Uid;

    /// <summary>stx_gid.</summary>
    [FieldOffset(24)] public uint Gid;

    /// <summary>stx_mode.</summary>
    [FieldOffset(28)] public ushort Mode;

    /// <summary>stx_ino.</summary>
    [FieldOffset(32)] public ulong Inode;

    /// <summary>stx_size.</summary>
    [FieldOffset(40)] public ulong Size;

    /// <summary>stx_blocks.</summary>
    [FieldOffset(48)] public ulong Blocks;

    /// <summary>stx_atime.tv_sec.</summary>
    [FieldOffset(64)] public long AccessSeconds;

    /// <summary>stx_atime.tv_nsec.</summary>
    [FieldOffset(72)] public uint AccessNanoseconds;

    /// <summary>stx_btime.tv_sec.</summary>
    [FieldOffset(80)] public long BirthSeconds;

    /// <summary>stx_btime.tv_nsec.</summary>
    [FieldOffset(88)] public uint BirthNanoseconds;

    /// <summary>stx_ctime.tv_sec.</summary>
    [FieldOffset(96)] public long ChangeSeconds;

    /// <summary>stx_ctime.tv_nsec.</summary>
    [FieldOffset(104)] public uint ChangeNanoseconds;

    /// <summary>stx_mtime.tv_sec.</summary>
    [FieldOffset(112)] public long ModifySeconds;

    /// <summary>stx_mtime.tv_nsec.</summary>
    [FieldOffset(120)] public uint ModifyNanoseconds;

    /// <summary>stx_rdev_major.</summary>
    [FieldOffset(128)] public uint SpecialMajor;

    /// <summary>stx_rdev_minor.</summary>
    [FieldOffset(132)] public uint SpecialMinor;

    /// <summary>stx_dev_major.</summary>
    [FieldOffset(136)] public uint DeviceMajor;

    /// <summary>stx_dev_minor.</summary>
    [FieldOffset(140)] public uint DeviceMinor;
}

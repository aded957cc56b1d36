using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>struct statfs of 64-bit Linux, 120 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
public struct StatfsData
{
    /// <summary>f_type.</summary>
    [FieldOffset(0)] public long Type;

    /// <summary>f_bsize.</summary>
    [FieldOffset(8)] public long BlockSize;

    /// <summary>f_blocks.</summary>
    [FieldOffset(16)] public ulong Blocks;

    /// <summary>f_bfree.</summary>
    [FieldOffset(24)] public ulong FreeBlocks;

    /// <summary>f_bavail.</summary>
    [FieldOffset(32)] public ulong AvailableBlocks;

    /// <summary>f_files.</summary>
    [FieldOffset(40)] public ulong Files;

    /// <summary>f_ffree.</summary>
    [FieldOffset(48)] public ulong FreeFiles;

    /// <summary>f_fsid.</summary>
    [FieldOffset(56)] public ulong FileSystemId;

    /// <summary>f_namelen.</summary>
    [FieldOffset(64)] public long NameLength;
}

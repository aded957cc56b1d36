namespace Pentode.Files;

/// <summary>statfs(2).</summary>
/// <param name="Type">f_type of the host file system.</param>
/// <param name="BlockSize">Bytes per block.</param>
/// <param name="Blocks">Blocks in all.</param>
/// <param name="FreeBlocks">Free blocks.</param>
/// <param name="AvailableBlocks">Free blocks for ordinary users.</param>
/// <param name="Files">Inodes in all.</param>
/// <param name="FreeFiles">Free inodes.</param>
/// <param name="FileSystemId">Identity of the file system.</param>
/// <param name="NameLength">Longest name in bytes.</param>
public readonly record struct FileSystemStatistics(
    uint Type, uint BlockSize, ulong Blocks, ulong FreeBlocks, ulong AvailableBlocks, ulong Files, ulong FreeFiles, ulong FileSystemId, uint NameLength);

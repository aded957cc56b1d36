namespace Pentode.Files;

/// <summary>Identity of a node: 64 bits unique in the tree, the file type and a version that changes with the content (0: do not cache).</summary>
/// <param name="Path">Unique number (qid.path, file id).</param>
/// <param name="Mode">S_IFMT bits.</param>
/// <param name="Version">Changes when content or attributes change; 0 for synthetic files.</param>
public readonly record struct NodeId(ulong Path, uint Mode, uint Version)
{
    /// <summary>S_IFDIR.</summary>
    public bool IsDirectory => (Mode & 0xF000) == 0x4000;

    /// <summary>S_IFREG.</summary>
    public bool IsRegular => (Mode & 0xF000) == 0x8000;

    /// <summary>S_IFLNK.</summary>
    public bool IsSymbolicLink => (Mode & 0xF000) == 0xA000;
}

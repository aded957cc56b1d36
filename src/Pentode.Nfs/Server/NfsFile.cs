using Pentode.Core;
using Pentode.Files;

namespace Pentode.Nfs.Server;

/// <summary>An open file kept between calls, with the rights it was opened by.</summary>
internal sealed class NfsFile(Credentials who, IOpenFile file, bool isWritable, in FileAttributes attributes, long openedAt)
{
    public Credentials Who { get; } = who;

    public IOpenFile File { get; } = file;

    /// <summary>Open to write, not to read.</summary>
    public bool IsWritable { get; } = isWritable;

    /// <summary>Owner and mode when it was opened: other ones mean other rights.</summary>
    public (uint Mode, uint Uid, uint Gid) Rights { get; set; } = (attributes.Mode, attributes.Uid, attributes.Gid);

    public long OpenedAt { get; } = openedAt;

    public long UsedAt { get; set; } = openedAt;

    public int Users { get; set; }

    /// <summary>Out of the list: the last user closes it.</summary>
    public bool IsRetired { get; set; }
}

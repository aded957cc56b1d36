using Pentode.Core;
using Pentode.Files;
using Pentode.Uring.Streams;

namespace Pentode.Nfs.Server;

/// <summary>An open file kept between calls, with the rights it was opened by. Bytes on their way out of it are a use.</summary>
internal sealed class NfsFile(NfsLoop loop, NfsObject target, Credentials who, IOpenFile file, bool isWritable, in FileAttributes attributes) : IStreamPart
{
    public Credentials Who { get; } = who;

    public IOpenFile File { get; } = file;

    /// <summary>Open to write, not to read.</summary>
    public bool IsWritable { get; } = isWritable;

    /// <summary>Owner and mode when it was opened: other ones mean other rights.</summary>
    public (uint Mode, uint Uid, uint Gid) Rights { get; set; } = (attributes.Mode, attributes.Uid, attributes.Gid);

    public long OpenedAt { get; } = loop.Loop.NowMs;

    public long UsedAt { get; set; } = loop.Loop.NowMs;

    public int Users { get; set; }

    /// <inheritdoc/>
    void IStreamPart.OnLeft() => loop.Done(target, this);

    /// <summary>Out of the list: the last user closes it.</summary>
    public bool IsRetired { get; set; }
}

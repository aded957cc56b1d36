using Pentode.Core;

namespace Pentode.Names.Tree;

/// <summary>The open places of a file. A write is some whole lines, whatever its offset.</summary>
internal sealed class LocationsFile(LocationsNode node, Credentials who, int flags) : StreamFile(node)
{
    /// <inheritdoc/>
    public override async ValueTask<Result<int>> Read(Memory<byte> buffer, long offset)
    {
        if ((flags & 3) is not (0 or 2))
            return Errno.EBADF;
        var content = await node.Content().ConfigureAwait(false);
        return content.IsOk ? Copy(content.Value, buffer, offset) : content.Error;
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset, CallIdentity? call)
    {
        if ((flags & 3) is not (1 or 2))
            return Errno.EBADF;
        var error = await node.Add(By(who, call), buffer).ConfigureAwait(false);
        return error == Errno.None ? buffer.Length : error;
    }
}

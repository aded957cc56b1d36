using Pentode.Core;
using Pentode.Files;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>Base of directories that are no objects: mode 0555 of root, nothing in them can be made or removed.</summary>
internal abstract class VirtualDirectory(NamesTree tree, NodeHandle handle) : NamesNode(tree)
{
    private const uint Mode = 0x4000 | 0x16D;
    private const int AccessMode = 3;

    /// <inheritdoc/>
    public override NodeId Id => Attributes.IdOf(handle, Mode & 0xF000);

    /// <inheritdoc/>
    public override Result<NodeHandle> Handle => handle;

    /// <summary>The directory of the namespace it was reached from.</summary>
    protected long From => (long)handle.Object;

    /// <inheritdoc/>
    public override async ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var row = await Tree.Store.Get(From).ConfigureAwait(false);
        return row.IsOk
            ? Attributes.Of(handle, Mode, 0, 0, 0, row.Value.ChangeTime, row.Value.ChangeTime, row.Value.ChangeTime)
            : row.Error;
    }

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> Open(Credentials who, int flags) =>
        new((flags & AccessMode) == 0 ? NamesTree.Ok<IOpenFile>(new VirtualDirectoryFile(this)) : Errno.EISDIR);

    /// <summary>Hands entries after a cookie to the sink; those of cookie 1 and 2 are "." and "..", as everywhere.</summary>
    public abstract ValueTask<Errno> List(long cookie, IDirectorySink sink);

    /// <summary>"." and "..". False when the sink is full.</summary>
    protected async ValueTask<Result<bool>> ListDots(long cookie, IDirectorySink sink)
    {
        if (cookie < 1 && !sink.TryAdd(Id, 1, 4, "."u8))
            return false;
        if (cookie >= 2)
            return true;
        var above = await Lookup(Credentials.Root, new FileName("..")).ConfigureAwait(false);
        if (!above.IsOk)
            return above.Error;
        var id = above.Value.Id;
        above.Value.Release();
        return sink.TryAdd(id, 2, 4, ".."u8);
    }
}

using Pentode.Core;

namespace Pentode.Files;

/// <summary>
/// A file system object held open beneath its export: it stays the same object through rename and unlink. Reference counted
/// (<see cref="AddReference"/>, <see cref="Release"/>). Called only through <see cref="Volume"/>, on loop threads, several calls at a time:
/// names are valid single components, credentials are set, writes do not reach a read-only tree.
/// </summary>
public interface INode
{
    /// <summary>Identity: stable across restarts, unique in the tree.</summary>
    NodeId Id { get; }

    /// <summary>
    /// Number of the object in the file system it is kept in: the same for all who share that file system, wherever they have it. Objects below another mount may have
    /// the number of one above.
    /// </summary>
    ulong Number => Id.Path;

    /// <summary>What finds this node again with <see cref="ITreeBackend.OpenHandle"/>; EOPNOTSUPP when the tree has no such thing.</summary>
    Result<NodeHandle> Handle => Errno.EOPNOTSUPP;

    /// <summary>
    /// Attributes as the operation that gave this node (a lookup, a creation) read them; null when it read none. For the answer to that operation alone: later they may
    /// have changed.
    /// </summary>
    FileAttributes? AsFound => null;

    /// <summary>Takes one more reference.</summary>
    void AddReference();

    /// <summary>Drops a reference; the last one closes the node.</summary>
    void Release();

    /// <summary>The child of that name, not following symbolic links; the caller owns a reference. ".." stops at the root of the tree.</summary>
    ValueTask<Result<INode>> Lookup(Credentials who, FileName name);

    /// <summary>
    /// Attributes of the child of that name, when it is still <paramref name="child"/>, a node looked up before; ESTALE when it is another one.
    /// EOPNOTSUPP when the tree is no quicker at this than at looking it up.
    /// </summary>
    ValueTask<Result<FileAttributes>> Recognize(Credentials who, FileName name, INode child) => new((Result<FileAttributes>)Errno.EOPNOTSUPP);

    /// <summary>Attributes.</summary>
    ValueTask<Result<FileAttributes>> GetAttributes(Credentials who);

    /// <summary>Changes what <paramref name="change"/> marks; never follows a symbolic link.</summary>
    ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through);

    /// <summary>Target of a symbolic link.</summary>
    ValueTask<Result<byte[]>> ReadLink(Credentials who);

    /// <summary>Opens a regular file or a directory. Flags are open(2)'s access mode, O_TRUNC, O_APPEND, O_DSYNC, O_SYNC, O_DIRECTORY, O_NOATIME.</summary>
    ValueTask<Result<IOpenFile>> Open(Credentials who, int flags);

    /// <summary>As the other <c>Open</c>, for trees whose open may wait: it ends with EINTR when <paramref name="origin"/> gives up. O_NONBLOCK is passed on.</summary>
    ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, OpenOrigin origin) => Open(who, flags);

    /// <summary>
    /// As the first <c>Open</c>, for front ends that know no open files (NFS): the owner, who may have opened the file before its mode said no, is
    /// not refused, and whoever may execute a file may read it.
    /// </summary>
    ValueTask<Result<IOpenFile>> OpenStateless(Credentials who, int flags) => Open(who, flags);

    /// <summary>Which of read (4), write (2), execute or search (1) of <paramref name="wanted"/> the user may do. From the mode bits, unless the tree knows better.</summary>
    async ValueTask<Result<int>> Access(Credentials who, int wanted)
    {
        var attributes = await GetAttributes(who).ConfigureAwait(false);
        if (!attributes.IsOk)
            return attributes.Error;
        var a = attributes.Value;
        if (who.Uid == 0)
            return a.Id.IsDirectory || (a.Mode & 0x49) != 0 ? wanted : wanted & ~1;
        var shift = who.Uid == a.Uid ? 6 : who.IsInGroup(a.Gid) ? 3 : 0;
        return (int)(a.Mode >> shift) & wanted;
    }

    /// <summary>
    /// Creates a regular file, unless one made with the same <paramref name="verifier"/> is already there (NFSv3 EXCLUSIVE): that one then,
    /// else EEXIST. The verifier is kept for the life of the file. EOPNOTSUPP when the tree has no room for it.
    /// </summary>
    ValueTask<Result<INode>> CreateExclusive(Credentials who, FileName name, ulong verifier, uint mode, uint gid) => new((Result<INode>)Errno.EOPNOTSUPP);

    /// <summary>
    /// Creates and opens a regular file in this directory (O_EXCL honoured; without it an existing regular file is opened). Mode is not masked.
    /// As in the members below, group <see cref="uint.MaxValue"/> leaves the choice to the directory and the user.
    /// </summary>
    ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid);

    /// <summary>As the other <c>Create</c>, for trees whose open may wait.</summary>
    ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid, OpenOrigin origin) => Create(who, name, flags, mode, gid);

    /// <summary>Creates a directory.</summary>
    ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid);

    /// <summary>Creates a special file, FIFO, socket or (S_IFREG) regular file.</summary>
    ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid);

    /// <summary>Creates a symbolic link with the target kept verbatim.</summary>
    ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid);

    /// <summary>Links <paramref name="target"/> (of the same tree) into this directory.</summary>
    ValueTask<Errno> Link(Credentials who, INode target, FileName name);

    /// <summary>Moves a child of this directory to <paramref name="newDirectory"/>.</summary>
    ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName);

    /// <summary>Removes a child: an empty directory with <paramref name="directory"/>, else anything but a directory (EISDIR, ENOTDIR).</summary>
    ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory);

    /// <summary>Value of an extended attribute; ENODATA when absent.</summary>
    ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name);

    /// <summary>Names of the extended attributes, each ended by NUL.</summary>
    ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who);

    /// <summary>Sets an extended attribute; flags 0, XATTR_CREATE 1, XATTR_REPLACE 2.</summary>
    ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags);

    /// <summary>Removes an extended attribute.</summary>
    ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name);

    /// <summary>statfs(2) of the file system the node is on.</summary>
    ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who);

    /// <summary>Unlinks this node itself (Tremove), wherever it is now.</summary>
    ValueTask<Errno> RemoveSelf(Credentials who);

    /// <summary>Moves this node itself (Trename), wherever it is now.</summary>
    ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName);
}

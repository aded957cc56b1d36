using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <summary>
/// Finds objects by inode number and time of birth where the kernel gives no handles: remembers where each was last seen, and walks the tree
/// when it is not there. Never gives another object: what is found is compared first. Thread safe; acts as the daemon.
/// </summary>
internal sealed class PlaceTable
{
    /// <summary>Places remembered; the oldest half goes when there are more.</summary>
    private const int MaxPlaces = 1 << 16;

    /// <summary>Entries a search looks at before it gives up.</summary>
    private const int MaxSearched = 1 << 20;

    private const int MaxDepth = 256;
    private const ulong Beneath = TreeCalls.ResolveBeneath | TreeCalls.ResolveNoMagicLinks | TreeCalls.ResolveNoSymbolicLinks;

    private readonly Lock _gate = new();
    private readonly Lock _searching = new();
    private readonly AgingTable<(ulong Inode, ulong Birth), Place> _places = new(MaxPlaces);

    /// <summary>An object was seen as <paramref name="name"/> in <paramref name="parent"/>.</summary>
    public void Remember(ulong inode, ulong birth, HostNode parent, ReadOnlySpan<byte> name)
    {
        if (TreeCalls.Stat(parent.Descriptor, out var data) < 0 || HostTree.BirthOf(data) is not { } parentBirth)
            return;
        lock (_gate)
        {
            if (_places.TryGet((inode, birth), out var known) && known.ParentInode == data.Inode && name.SequenceEqual(known.Name))
                return;
            _places.Put((inode, birth), new Place(data.Inode, parentBirth, name.ToArray()));
        }
    }

    /// <summary>The object where it was last seen; ENOENT when it is not there.</summary>
    public Result<HostNode> Find(HostTree tree, HostNode root, ulong inode, ulong birth)
    {
        if (TreeCalls.Stat(root.Descriptor, out var data) == 0 && data.Inode == inode && HostTree.BirthOf(data) == birth)
        {
            root.AddReference();
            return root;
        }

        var names = new Stack<byte[]>();
        var at = (inode, birth);
        lock (_gate)
        {
            while ((at.inode != data.Inode || at.birth != HostTree.BirthOf(data)) && names.Count < MaxDepth)
            {
                if (!_places.TryGet(at, out var place))
                    return Errno.ENOENT;
                names.Push(place.Name);
                at = (place.ParentInode, place.ParentBirth);
            }
        }

        root.AddReference();
        var node = root;
        while (names.TryPop(out var name))
        {
            var child = Open(tree, node, name);
            node.Release();
            if (!child.IsOk)
                return Errno.ENOENT;
            node = child.Value;
        }

        if (TreeCalls.Stat(node.Descriptor, out data) == 0 && data.Inode == inode && HostTree.BirthOf(data) == birth)
            return node;
        node.Release();
        return Errno.ENOENT;
    }

    /// <summary>The object wherever it is now, by walking the tree; ESTALE when it is not found.</summary>
    public Result<HostNode> Search(HostTree tree, HostNode root, ulong inode, ulong birth)
    {
        // One search at a time; the one before may have met what this one looks for.
        lock (_searching)
        {
            var known = Find(tree, root, inode, birth);
            if (known.IsOk)
                return known;
            root.AddReference();
            var directories = new Queue<HostNode>([root]);
            var left = MaxSearched;
            Result<HostNode> found = Errno.ESTALE;
            while (directories.TryDequeue(out var directory))
            {
                if (!found.IsOk && left > 0)
                    found = SearchOne(tree, directory, inode, birth, directories, ref left);
                directory.Release();
            }

            return found;
        }
    }

    private Result<HostNode> SearchOne(HostTree tree, HostNode directory, ulong inode, ulong birth, Queue<HostNode> directories, ref int left)
    {
        var fd = TreeCalls.Reopen(directory.Descriptor, TreeCalls.DirectoryFlag | TreeCalls.CloseOnExec);
        if (fd < 0)
            return Errno.ESTALE;
        Result<HostNode> found = Errno.ESTALE;
        var buffer = new byte[32 << 10];
        int length;
        while (!found.IsOk && left > 0 && (length = TreeCalls.ReadEntries(fd, buffer)) > 0)
        {
            for (var at = 0; at < length && !found.IsOk; left--)
            {
                // struct linux_dirent64, as in HostOpenFile.
                var entry = buffer.AsSpan(at);
                at += BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]);
                var name = entry[19..BinaryPrimitives.ReadUInt16LittleEndian(entry[16..])];
                name = name[..name.IndexOf((byte)0)];
                var isDirectory = entry[18] is 4 or 0;
                var isIt = BinaryPrimitives.ReadUInt64LittleEndian(entry) == inode;
                if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) || !(isDirectory || isIt))
                    continue;
                var child = Open(tree, directory, name.ToArray());
                if (!child.IsOk)
                    continue;
                if (TreeCalls.Stat(child.Value.Descriptor, out var data) < 0 || HostTree.BirthOf(data) is not { } born)
                {
                    child.Value.Release();
                    continue;
                }

                Remember(data.Inode, born, directory, name);
                if (data.Inode == inode && born == birth)
                    found = child.Value;
                else if (child.Value.Id.IsDirectory)
                    directories.Enqueue(child.Value);
                else
                    child.Value.Release();
            }
        }

        _ = TreeCalls.Close(fd);
        return found;
    }

    private static Result<HostNode> Open(HostTree tree, HostNode directory, byte[] name)
    {
        var fd = TreeCalls.OpenAt(directory.Descriptor, name, TreeCalls.PathOnly | TreeCalls.NoFollowFlag | TreeCalls.CloseOnExec, 0,
            Beneath | (tree.Options.CrossMounts ? 0 : TreeCalls.ResolveNoCrossing));
        return fd < 0 ? (Errno)(-fd) : tree.Adopt(fd, directory, name);
    }

    private readonly record struct Place(ulong ParentInode, ulong ParentBirth, byte[] Name);
}

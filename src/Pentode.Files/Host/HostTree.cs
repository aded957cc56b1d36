using Pentode.Core;
using Pentode.Files.Locks;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <summary>
/// A directory of the host as a tree. Nodes are O_PATH descriptors reached one name at a time, so nothing outside the directory can be
/// reached; requests run as their user on the calling thread. Thread safe.
/// </summary>
public sealed partial class HostTree : ITreeBackend
{
    private readonly Lock _gate = new();
    private readonly Dictionary<HostKey, HostNode> _live = [];
    private readonly Dictionary<ulong, uint> _devices = [];
    private readonly Dictionary<ulong, bool> _inMemory = [];
    private ulong _rootDevice = ulong.MaxValue;
    private HostNode? _root;

    private HostTree(HostTreeOptions options)
    {
        Options = options;
    }

    /// <summary>The options it was opened with.</summary>
    public HostTreeOptions Options { get; }

    /// <summary>Nodes held open, the root included.</summary>
    public int LiveNodes { get; private set; }

    /// <summary>Opens a directory; the path itself may go through symbolic links. Clears the umask of the process and raises its descriptor limit.</summary>
    public static Result<HostTree> Open(string path, HostTreeOptions options)
    {
        if (options.ActAsUser && !ThreadCredentials.IsRoot)
            return Errno.EPERM;
        TreeCalls.ClearUmask();
        TreeCalls.RaiseDescriptorLimit();
        var fd = TreeCalls.OpenPath(path, TreeCalls.PathOnly | TreeCalls.DirectoryFlag | TreeCalls.CloseOnExec);
        if (fd < 0)
            return (Errno)(-fd);
        var tree = new HostTree(options);
        var made = tree.Adopt(fd, null, default);
        if (!made.IsOk)
            return made.Error;
        tree._root = made.Value;
        tree._rootDevice = made.Value.Key.Device;
        tree.ProbeHandles(made.Value);
        return tree;
    }

    /// <inheritdoc/>
    public Result<INode> OpenRoot()
    {
        if (_root is not { } root)
            return Errno.ESTALE;
        root.AddReference();
        return root;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _root, null)?.Release();
        CloseHandles();
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes a node of a descriptor, which it owns from now on, also on failure.</summary>
    internal Result<HostNode> Adopt(int fd, HostNode? parent, ReadOnlyMemory<byte> name)
    {
        var error = TreeCalls.Stat(fd, out var data);
        if (error >= 0)
            return Adopt(fd, data, parent, name);
        _ = TreeCalls.Close(fd);
        return (Errno)(-error);
    }

    /// <summary>The same for a descriptor whose object is known already.</summary>
    internal HostNode Adopt(int fd, in StatxData data, HostNode? parent, ReadOnlyMemory<byte> name)
    {
        parent?.AddReference();
        var node = new HostNode(this, fd, KeyOf(data), IdOf(data), parent, name.ToArray());
        lock (_gate)
        {
            LiveNodes++;
            if (_live.TryGetValue(node.Key, out var head))
            {
                node.Next = head;
                head.Previous = node;
            }

            _live[node.Key] = node;
        }

        return node;
    }

    /// <summary>Forgets a node without references; gives its parent, whose reference is the caller's now.</summary>
    internal HostNode? Forget(HostNode node)
    {
        lock (_gate)
        {
            LiveNodes--;
            if (node.Next is not null)
                node.Next.Previous = node.Previous;
            if (node.Previous is not null)
                node.Previous.Next = node.Next;
            else if (node.Next is not null)
                _live[node.Key] = node.Next;
            else
                _live.Remove(node.Key);
            node.Next = node.Previous = null;
            return node.Parent;
        }
    }

    /// <summary>True for the root, however it was opened.</summary>
    internal bool IsRoot(HostNode node) => _root is { } root && (node == root || node.Key == root.Key);

    /// <summary>Where a node is: parent (with a reference for the caller) and name; null for the root and for what was opened by its handle.</summary>
    internal (HostNode? Parent, byte[] Name) PlaceOf(HostNode node)
    {
        lock (_gate)
        {
            node.Parent?.AddReference();
            return (node.Parent, node.Name);
        }
    }

    /// <summary>Tells the nodes of a moved object their new place.</summary>
    internal void Moved(HostKey moved, HostNode oldDirectory, ReadOnlySpan<byte> oldName, HostNode newDirectory, ReadOnlySpan<byte> newName)
    {
        var released = new List<HostNode>();
        lock (_gate)
        {
            for (var node = _live.GetValueOrDefault(moved); node is not null; node = node.Next)
            {
                if (node.Parent is not { } parent || parent.Key != oldDirectory.Key || !oldName.SequenceEqual(node.Name))
                    continue;
                newDirectory.AddReference();
                released.Add(parent);
                node.Parent = newDirectory;
                node.Name = newName.ToArray();
            }
        }

        foreach (var parent in released)
            parent.Release();
    }

    /// <summary>The locks of inodes.</summary>
    internal LockTable<HostKey> Locks { get; } = new(static () => new HostLocks());

    /// <summary>Identity as clients see it.</summary>
    internal NodeId IdOf(in StatxData data) => new(PathOf(DeviceOf(data), data.Inode), data.Mode & 0xF000u, VersionOf(data));

    /// <summary>Attributes as clients see them.</summary>
    internal FileAttributes AttributesOf(in StatxData data) => new()
    {
        Id = IdOf(data),
        Mode = data.Mode,
        Uid = data.Uid,
        Gid = data.Gid,
        LinkCount = data.LinkCount,
        DeviceMajor = data.SpecialMajor,
        DeviceMinor = data.SpecialMinor,
        Size = data.Size,
        Blocks = data.Blocks,
        AccessTime = new FileTime(data.AccessSeconds, data.AccessNanoseconds),
        ModifyTime = new FileTime(data.ModifySeconds, data.ModifyNanoseconds),
        ChangeTime = new FileTime(data.ChangeSeconds, data.ChangeNanoseconds),
        BirthTime = new FileTime(data.BirthSeconds, data.BirthNanoseconds),
        HasBirthTime = (data.Mask & StatxData.MaskBirthTime) != 0,
    };

    /// <summary>Host identity.</summary>
    internal static HostKey KeyOf(in StatxData data) => new(DeviceOf(data), data.Inode);

    /// <summary>The inode number on the export's own device; elsewhere with a prefix per device.</summary>
    internal ulong PathOf(ulong device, ulong inode)
    {
        // The root was the first to get an index, which is 0.
        if (device == _rootDevice)
            return inode;
        lock (_gate)
        {
            if (!_devices.TryGetValue(device, out var index))
                _devices[device] = index = (uint)_devices.Count;
            return inode ^ ((ulong)index << 48);
        }
    }

    /// <summary>True for a file system whose reads and writes never wait for a disk: done at once instead of handed over.</summary>
    internal bool IsInMemory(HostKey key, int fd)
    {
        const long tmpfs = 0x01021994, ramfs = 0x858458F6;
        lock (_gate)
        {
            if (!_inMemory.TryGetValue(key.Device, out var isInMemory))
                _inMemory[key.Device] = isInMemory = TreeCalls.StatFileSystem(fd, out var data) == 0 && data.Type is tmpfs or ramfs;
            return isInMemory;
        }
    }

    private static ulong DeviceOf(in StatxData data) => ((ulong)data.DeviceMajor << 32) | data.DeviceMinor;

    private static uint VersionOf(in StatxData data)
    {
        var mixed = ((ulong)data.ChangeNanoseconds << 32 | data.ModifyNanoseconds) ^ ((ulong)data.ChangeSeconds * 0x9E3779B97F4A7C15) ^
            ((ulong)data.ModifySeconds * 0xC2B2AE3D27D4EB4F) ^ (data.Size * 0x165667B19E3779F9);
        var folded = (uint)(mixed ^ (mixed >> 32));
        return folded == 0 ? 1 : folded;
    }
}

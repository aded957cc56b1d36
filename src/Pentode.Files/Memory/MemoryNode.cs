using System.Text;
using Pentode.Core;
using Pentode.Files.Locks;

namespace Pentode.Files.Memory;

/// <summary>An inode. Every public member takes the tree's lock; private ones expect it held.</summary>
internal sealed partial class MemoryNode : INode
{
    private const uint TypeMask = 0xF000;
    private const uint DirectoryType = 0x4000;
    private const uint SetUser = 0x800;
    private const uint SetGroup = 0x400;
    private const uint Sticky = 0x200;
    private const uint GroupExecute = 0x8;
    private const int ReadAccess = 4;
    private const int WriteAccess = 2;
    private const int ExecuteAccess = 1;

    private readonly MemoryTree _tree;
    private readonly ulong _path;
    private readonly FileTime _birth;
    private readonly List<MemoryEntry> _links = [];
    private readonly MemoryContent? _content;
    private readonly Dictionary<string, MemoryEntry>? _children;
    private readonly List<MemoryEntry>? _listing;
    private readonly byte[] _target = [];
    private Dictionary<string, byte[]>? _attributes;
    private uint _mode;
    private uint _uid;
    private uint _gid;
    private uint _major;
    private uint _minor;
    private uint _version = 1;
    private FileTime _accessed;
    private FileTime _modified;
    private FileTime _changed;
    private long _nextEntry = 3;
    private int _subdirectories;
    private int _references;
    private bool _isRoot;
    private bool _isGone;

    internal MemoryNode(MemoryTree tree, uint mode, uint uid, uint gid, byte[]? target = null)
    {
        _tree = tree;
        _path = tree.TakePath(this);
        _mode = mode;
        _uid = uid;
        _gid = gid;
        _birth = _accessed = _modified = _changed = tree.Now();
        _target = target ?? [];
        if ((mode & TypeMask) == DirectoryType)
        {
            _children = new Dictionary<string, MemoryEntry>(StringComparer.Ordinal);
            _listing = [];
        }
        else if ((mode & TypeMask) == 0x8000)
        {
            _content = new MemoryContent(tree);
        }
    }

    /// <inheritdoc/>
    public NodeId Id => new(_path, _mode & TypeMask, Volatile.Read(ref _version));

    /// <inheritdoc/>
    public Result<NodeHandle> Handle => _tree.HandleOf(_path);

    internal ByteRangeLocks Locks { get; } = new();

    internal MemoryContent Content => _content!;

    internal bool IsDirectory => _children is not null;

    private ulong LinkCount => IsDirectory ? (_isRoot || _links.Count > 0 ? 2 + (ulong)_subdirectories : 0) : (ulong)_links.Count;

    private MemoryNode Parent => _isRoot || _links.Count == 0 ? this : _links[0].Directory;

    /// <inheritdoc/>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <inheritdoc/>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
            return;
        lock (_tree.Gate)
            FreeIfUnused();
    }

    internal void BecomeRoot() => _isRoot = true;

    /// <summary>May <paramref name="who"/> do that (rwx as 4, 2, 1)? User 0 may anything.</summary>
    private bool Allows(Credentials who, int access)
    {
        if (who.Uid == 0)
            return true;
        var shift = who.Uid == _uid ? 6 : who.IsInGroup(_gid) ? 3 : 0;
        return ((int)(_mode >> shift) & access) == access;
    }

    private bool IsOwner(Credentials who) => who.Uid == 0 || who.Uid == _uid;

    internal void TouchContent()
    {
        _modified = _changed = _tree.Now();
        _version++;
    }

    internal void TouchChange()
    {
        _changed = _tree.Now();
        _version++;
    }

    internal void TouchAccess() => _accessed = _tree.Now();

    /// <summary>Content changed by somebody who is not root: set-user-id and set-group-id go.</summary>
    internal void DropPrivilegeBits()
    {
        _mode &= ~SetUser;
        if ((_mode & GroupExecute) != 0)
            _mode &= ~SetGroup;
    }

    private void FreeIfUnused()
    {
        if (_isGone || _isRoot || _links.Count > 0 || Volatile.Read(ref _references) > 0)
            return;
        _isGone = true;
        _tree.NodeGone(_path, _content?.Pages ?? 0);
    }

    private static string Key(FileName name) => Encoding.Latin1.GetString(name.Bytes.Span);
}

using Pentode.Core;
using Pentode.Files;

namespace Pentode.Locks.Tree;

/// <summary>A directory of the lock tree: its entries by name and in the order they were made, which is the order of the listing.</summary>
internal abstract class LockDirectoryNode(LockTree tree, uint mode, uint uid, uint gid, LockDirectoryNode? parent) : LockTreeNode(tree, Directory, mode, uid, gid)
{
    private const uint Directory = 0x4000;
    private const int DirectoryFlag = 0x4000;
    private const byte DirectoryType = 4;
    private const byte RegularType = 8;

    private readonly Dictionary<LockName, LockTreeNode> _byName = [];
    private readonly SortedDictionary<long, (LockName Name, LockTreeNode Node)> _byNumber = [];

    protected override ulong Size => 0;

    protected int Count => _byName.Count;

    /// <summary>What is in it. Under the gate.</summary>
    protected IEnumerable<LockTreeNode> Entries => _byName.Values;

    /// <inheritdoc/>
    public override ValueTask<Result<INode>> Lookup(Credentials who, FileName name)
    {
        lock (Tree.Gate)
        {
            if (!Allows(who, SearchAccess))
                return new((Result<INode>)Errno.EACCES);
            if (name.IsDotDot)
                return new((Result<INode>)(parent ?? this));
            return new(Find(name) is { } found ? (Result<INode>)found : Errno.ENOENT);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, OpenOrigin origin)
    {
        lock (Tree.Gate)
            return new(Allows(who, ReadAccess) ? new LockDirectoryFile(this) : (Result<IOpenFile>)Errno.EACCES);
    }

    /// <summary>Hands out entries after a cookie. Under no lock.</summary>
    internal Errno List(long cookie, IDirectorySink sink)
    {
        lock (Tree.Gate)
        {
            if (cookie < 1 && !sink.TryAdd(Id, 1, DirectoryType, "."u8))
                return Errno.None;
            if (cookie < 2 && !sink.TryAdd((parent ?? this).Id, 2, DirectoryType, ".."u8))
                return Errno.None;
            // Listings are short; a tree of ten thousand locks is walked in steps of what fits a reply.
            foreach (var (number, entry) in _byNumber)
            {
                if (number > cookie && !sink.TryAdd(entry.Node.Id, number, (entry.Node.Id.Mode & DirectoryFlag) != 0 ? DirectoryType : RegularType, entry.Name.Bytes))
                    return Errno.None;
            }

            return Errno.None;
        }
    }

    /// <summary>The entry of a name, or null. Under the gate.</summary>
    protected virtual LockTreeNode? Find(FileName name) => LockName.TryCreate(name.Bytes.Span, out var key) ? _byName.GetValueOrDefault(key) : null;

    /// <summary>Adds an entry. Under the gate.</summary>
    protected void Add(LockName name, LockTreeNode node)
    {
        _byName.Add(name, node);
        _byNumber.Add(node.Number, (name, node));
    }

    /// <summary>Removes an entry. Under the gate.</summary>
    protected void Remove(LockName name, LockTreeNode node)
    {
        if (_byName.TryGetValue(name, out var found) && ReferenceEquals(found, node))
        {
            _byName.Remove(name);
            _byNumber.Remove(node.Number);
        }
    }

    /// <inheritdoc/>
    protected override Errno CheckNothingMade(Credentials who, FileName name)
    {
        lock (Tree.Gate)
        {
            var error = CheckAdd(who, Find(name) is not null);
            return error == Errno.None ? Errno.EPERM : error;
        }
    }
}

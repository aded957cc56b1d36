using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;

namespace Pentode.NineP.Server;

/// <summary>
/// What a fid names. Counted: the table holds one reference and every request under way one more, so that a clunk never takes an object
/// away from a request that arrived before it. What it names never changes while anybody holds it: walking in place and Txattrcreate put a
/// new object into the table. Pooled: once the last reference is dropped it may name something else.
/// </summary>
internal sealed class Fid
{
    private int _references;

    /// <summary>The tree.</summary>
    public Volume Volume { get; private set; } = null!;

    /// <summary>Owned: released with the fid.</summary>
    public INode Node { get; private set; } = null!;

    /// <summary>Identity of the node the client attached to: where ".." stops.</summary>
    public NodeId Root { get; private set; }

    /// <summary>True when that is the root of the tree, above which there is nothing.</summary>
    public bool IsWholeTree { get; private set; }

    /// <summary>Whose requests these are.</summary>
    public Credentials Who { get; private set; } = null!;

    /// <summary>True for the node the client attached to itself.</summary>
    public bool IsAtRoot => Node.Id.Path == Root.Path;

    /// <summary>Open file, once an open has ended well.</summary>
    public IOpenFile? File { get; set; }

    /// <summary>True from the moment an open starts.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The fid names an extended attribute: its value as taken at Txattrwalk, or being written after Txattrcreate.</summary>
    public byte[]? XattrValue { get; set; }

    /// <summary>Name to set at clunk.</summary>
    public byte[]? XattrName { get; set; }

    /// <summary>Bytes of the value written so far.</summary>
    public int XattrWritten { get; set; }

    /// <summary>XATTR_CREATE, XATTR_REPLACE.</summary>
    public uint XattrFlags { get; set; }

    /// <summary>A lock was taken through this fid.</summary>
    public bool HasLocks { get; set; }

    /// <summary>Names something anew, with one reference; takes over the reference to the node.</summary>
    public Fid Set(Volume volume, INode node, NodeId root, bool isWholeTree, Credentials who)
    {
        (Volume, Node, Root, IsWholeTree, Who) = (volume, node, root, isWholeTree, who);
        (File, IsOpen, HasLocks) = (null, false, false);
        (XattrValue, XattrName, XattrWritten, XattrFlags) = (null, null, 0, 0);
        _references = 1;
        return this;
    }

    public Fid Take()
    {
        _references++;
        return this;
    }

    /// <summary>Drops a reference; the last closes. True when it was the last and the close goes to the caller as <paramref name="close"/>.</summary>
    public bool Drop(out ValueTask<Errno> close)
    {
        close = default;
        if (--_references > 0)
            return false;
        close = CloseAll();
        return true;
    }

    // Not on a Task, which may continue elsewhere than on the loop.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> CloseAll()
    {
        try
        {
            if (File is not { } file)
                return Errno.None;
            File = null;
            return await Volume.Close(file).ConfigureAwait(false);
        }
        finally
        {
            Node.Release();
        }
    }
}

using Pentode.Core;
using Pentode.Files;

namespace Pentode.NineP.Server;

/// <summary>
/// What a fid names. Counted: the table holds one reference and every request under way one more, so that a clunk never takes an object
/// away from a request that arrived before it. Node and credentials never change; walking in place puts a new object into the table.
/// </summary>
internal sealed class Fid
{
    private int _references = 1;

    public Fid(Volume volume, INode node, NodeId root, Credentials who)
    {
        Volume = volume;
        Node = node;
        Root = root;
        Who = who;
    }

    public Volume Volume { get; }

    /// <summary>Owned: released with the fid.</summary>
    public INode Node { get; }

    /// <summary>Identity of the node the client attached to: where ".." stops.</summary>
    public NodeId Root { get; }

    public Credentials Who { get; }

    public IOpenFile? File { get; set; }

    /// <summary>True from the moment an open starts.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Value of an extended attribute taken at Txattrwalk, or being written.</summary>
    public byte[]? XattrValue { get; set; }

    /// <summary>Name to set at clunk.</summary>
    public byte[]? XattrName { get; set; }

    public int XattrWritten { get; set; }

    public uint XattrFlags { get; set; }

    /// <summary>Owners that locked through this fid.</summary>
    public HashSet<LockOwner>? LockOwners { get; set; }

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

    private async ValueTask<Errno> CloseAll()
    {
        var error = Errno.None;
        if (File is { } file)
        {
            File = null;
            error = await Volume.Close(file).ConfigureAwait(false);
        }

        Node.Release();
        return error;
    }
}

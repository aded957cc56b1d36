using Pentode.Files;
using Pentode.Files.Exports;

namespace Pentode.Nfs.Server;

/// <summary>An object that handles in use lead to, held open by a loop so that not every call opens it. Belongs to its loop.</summary>
internal sealed class NfsObject
{
    private readonly byte[] _handle;

    public NfsObject(ObjectKey key, TreeGrant grant, INode node, ReadOnlySpan<byte> handle)
    {
        (Key, Grant, Node) = (key, grant, node);
        _handle = handle.ToArray();
    }

    public ObjectKey Key { get; }

    public TreeGrant Grant { get; }

    public Volume Volume => Key.Volume;

    /// <summary>Owned.</summary>
    public INode Node { get; }

    /// <summary>The 32 bytes.</summary>
    public ReadOnlySpan<byte> Handle => _handle;

    /// <summary>Constant for an export.</summary>
    public ulong FileSystem => Key.Export;

    public List<NfsFile> Files { get; } = [];

    /// <summary>Calls that use it.</summary>
    public int Users { get; set; }

    public long UsedAt { get; set; }

    /// <summary>Not in the table any more: the last user releases the node.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Neighbours in order of use.</summary>
    public NfsObject? Newer { get; set; }

    public NfsObject? Older { get; set; }

    /// <summary>Where it was looked up last, hashed; 0 for nowhere.</summary>
    public ulong Place { get; set; }

    /// <summary>Where the last pages of NFSv2 listings ended: cookies of 32 bits to those of the tree.</summary>
    public ShortCookies? ShortCookies { get; set; }
}

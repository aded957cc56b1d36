using Pentode.Files;

namespace Pentode.Fuse;

/// <summary>A node the kernel knows, with one reference to the tree's node. Lives on the loop of its session.</summary>
internal sealed class FuseNode(INode node)
{
    /// <summary>The tree's node.</summary>
    public INode Node { get; } = node;

    /// <summary>Name towards the kernel.</summary>
    public ulong Id { get; set; }

    /// <summary>Lookups the kernel has not yet given back.</summary>
    public ulong Lookups { get; set; }

    /// <summary>Requests under way that use it.</summary>
    public int Users { get; set; }
}

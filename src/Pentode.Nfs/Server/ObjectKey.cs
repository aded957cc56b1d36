using Pentode.Files;

namespace Pentode.Nfs.Server;

/// <summary>An object as a handle names it, in the tree the caller's grant leads to.</summary>
/// <param name="Volume">The tree.</param>
/// <param name="Export">Id of the grant.</param>
/// <param name="Node">The object.</param>
internal readonly record struct ObjectKey(Volume Volume, ushort Export, NodeHandle Node)
{
    public bool Equals(ObjectKey other) =>
        ReferenceEquals(Volume, other.Volume) && Export == other.Export && Node.Object == other.Node.Object && Node.Operand == other.Node.Operand && Node.Kind == other.Node.Kind;

    public override int GetHashCode() => (int)((Node.Object * 0x9E3779B97F4A7C15) >> 32) ^ (int)Node.Operand ^ (Export << 8) ^ Node.Kind;
}

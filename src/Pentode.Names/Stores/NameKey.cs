namespace Pentode.Names.Stores;

/// <summary>A directory and a name in it, compared by content.</summary>
internal readonly struct NameKey(long parent, byte[] name) : IEquatable<NameKey>
{
    private readonly long _parent = parent;
    private readonly byte[] _name = name;

    public bool Equals(NameKey other) => _parent == other._parent && _name.AsSpan().SequenceEqual(other._name);

    public override bool Equals(object? obj) => obj is NameKey other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(_parent);
        hash.AddBytes(_name);
        return hash.ToHashCode();
    }
}

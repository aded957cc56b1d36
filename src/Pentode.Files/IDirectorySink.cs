namespace Pentode.Files;

/// <summary>Takes directory entries.</summary>
public interface IDirectorySink
{
    /// <summary>True when attributes are worth having: a tree that has them at hand calls the second <c>TryAdd</c>, others the first.</summary>
    bool WantsAttributes => false;

    /// <summary>False when the entry does not fit: it will be asked for again. <paramref name="cookie"/> continues after this entry; <paramref name="type"/> is DT_*.</summary>
    bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name);

    /// <summary>As the other, with the attributes and handle of the entry, for <see cref="WantsAttributes"/>.</summary>
    bool TryAdd(in FileAttributes attributes, NodeHandle handle, long cookie, byte type, ReadOnlySpan<byte> name) => TryAdd(attributes.Id, cookie, type, name);
}

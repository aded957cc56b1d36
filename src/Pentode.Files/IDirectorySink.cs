namespace Pentode.Files;

/// <summary>Takes directory entries.</summary>
public interface IDirectorySink
{
    /// <summary>False when the entry does not fit: it will be asked for again. <paramref name="cookie"/> continues after this entry; <paramref name="type"/> is DT_*.</summary>
    bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name);
}

namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>RangeRequest: key 1, range_end 2, limit 3, revision 4, serializable 7, keys_only 8, count_only 9.</summary>
/// <param name="Key">The key, or the first of a range.</param>
/// <param name="RangeEnd">Empty for one key; else the first key behind the range.</param>
/// <param name="Limit">Most keys to return; 0 is no limit.</param>
/// <param name="Revision">Read as of that revision; 0 is now.</param>
/// <param name="Serializable">True reads the member's own, possibly old state. Locks always read linearizably.</param>
internal readonly record struct RangeRequest(byte[] Key, byte[] RangeEnd, long Limit = 0, long Revision = 0, bool Serializable = false)
{
    /// <summary>Appends the fields.</summary>
    public void Write(ProtoWriter writer)
    {
        writer.Bytes(1, Key);
        writer.Bytes(2, RangeEnd);
        writer.Number(3, Limit);
        writer.Number(4, Revision);
        writer.Flag(7, Serializable);
    }
}

namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>CompactionRequest: revision 1, physical 2.</summary>
/// <param name="Revision">History before it is thrown away.</param>
/// <param name="Physical">True waits until the pages are free.</param>
internal readonly record struct CompactionRequest(long Revision, bool Physical)
{
    /// <summary>Encodes.</summary>
    public byte[] ToArray()
    {
        var writer = new ProtoWriter();
        writer.Number(1, Revision);
        writer.Flag(2, Physical);
        return writer.ToArray();
    }
}

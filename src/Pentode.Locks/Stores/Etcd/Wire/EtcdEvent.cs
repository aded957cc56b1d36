namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>Event (kv.proto): type 1 (PUT 0, DELETE 1), kv 2.</summary>
/// <param name="IsDelete">True for DELETE.</param>
/// <param name="Pair">The key after the change; a deleted one has only key and mod_revision.</param>
internal sealed record EtcdEvent(bool IsDelete, EtcdKeyValue Pair)
{
    /// <summary>Decodes; null when malformed.</summary>
    public static EtcdEvent? Read(ReadOnlySpan<byte> message)
    {
        var isDelete = false;
        EtcdKeyValue? pair = null;
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    isDelete = reader.Number() == 1;
                    break;
                case 2:
                    pair = EtcdKeyValue.Read(reader.Bytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return reader.IsBroken || pair is null ? null : new EtcdEvent(isDelete, pair);
    }
}

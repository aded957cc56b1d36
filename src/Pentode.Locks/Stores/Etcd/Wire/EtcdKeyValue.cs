namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>KeyValue (kv.proto): one key with its revisions.</summary>
/// <param name="Key">key = 1.</param>
/// <param name="CreateRevision">create_revision = 2: revision of the creation.</param>
/// <param name="ModRevision">mod_revision = 3: revision of the last change; what a compare-and-swap compares.</param>
/// <param name="Version">version = 4: number of changes since the creation.</param>
/// <param name="Value">value = 5.</param>
/// <param name="Lease">lease = 6: 0 when none is attached.</param>
internal sealed record EtcdKeyValue(byte[] Key, long CreateRevision, long ModRevision, long Version, byte[] Value, long Lease)
{
    /// <summary>Decodes; null when malformed.</summary>
    public static EtcdKeyValue? Read(ReadOnlySpan<byte> message)
    {
        byte[] key = [], value = [];
        long created = 0, modified = 0, version = 0, lease = 0;
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    key = reader.Bytes().ToArray();
                    break;
                case 2:
                    created = reader.Number();
                    break;
                case 3:
                    modified = reader.Number();
                    break;
                case 4:
                    version = reader.Number();
                    break;
                case 5:
                    value = reader.Bytes().ToArray();
                    break;
                case 6:
                    lease = reader.Number();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return reader.IsBroken ? null : new EtcdKeyValue(key, created, modified, version, value, lease);
    }
}

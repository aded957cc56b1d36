namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>ResponseOp: the answer to one step of a transaction.</summary>
/// <param name="Kind">Which member of the oneof is set.</param>
/// <param name="Pairs">Keys found by a range; empty otherwise.</param>
/// <param name="Deleted">Keys removed by a delete; 0 otherwise.</param>
internal sealed record EtcdOperationResult(EtcdOperationKind Kind, IReadOnlyList<EtcdKeyValue> Pairs, long Deleted)
{
    /// <summary>Decodes; null when malformed or of a kind we do not send.</summary>
    public static EtcdOperationResult? Read(ReadOnlySpan<byte> message)
    {
        EtcdOperationResult? result = null;
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    result = RangeResponse.Read(reader.Bytes()) is { } range ? new EtcdOperationResult(EtcdOperationKind.Range, range.Pairs, 0) : null;
                    break;
                case 2:
                    reader.Skip();
                    result = new EtcdOperationResult(EtcdOperationKind.Put, [], 0);
                    break;
                case 3:
                    result = DeleteRangeResponse.TryRead(reader.Bytes(), out var deleted) ? new EtcdOperationResult(EtcdOperationKind.Delete, [], deleted.Deleted) : null;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return reader.IsBroken ? null : result;
    }
}

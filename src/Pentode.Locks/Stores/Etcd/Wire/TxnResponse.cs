namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>TxnResponse: header 1, succeeded 2, responses 3*.</summary>
/// <param name="Header">Who answered; its revision is that of the transaction when it wrote.</param>
/// <param name="Succeeded">True when all compares held.</param>
/// <param name="Results">The answers of the branch that ran, in its order.</param>
internal sealed record TxnResponse(EtcdHeader Header, bool Succeeded, IReadOnlyList<EtcdOperationResult> Results)
{
    /// <summary>Decodes; null when malformed.</summary>
    public static TxnResponse? Read(ReadOnlySpan<byte> message)
    {
        var header = default(EtcdHeader);
        var succeeded = false;
        var results = new List<EtcdOperationResult>();
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    if (!EtcdHeader.TryRead(reader.Bytes(), out header))
                        reader.Break();
                    break;
                case 2:
                    succeeded = reader.Flag();
                    break;
                case 3:
                    if (EtcdOperationResult.Read(reader.Bytes()) is { } result)
                        results.Add(result);
                    else
                        reader.Break();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return reader.IsBroken ? null : new TxnResponse(header, succeeded, results);
    }
}

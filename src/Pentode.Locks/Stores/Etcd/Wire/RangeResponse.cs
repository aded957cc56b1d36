namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>RangeResponse: header 1, kvs 2, more 3, count 4.</summary>
/// <param name="Header">Who answered; default inside a transaction.</param>
/// <param name="Pairs">The keys found, in key order.</param>
/// <param name="More">True when the limit cut the answer short.</param>
/// <param name="Count">Keys in the range regardless of the limit.</param>
internal sealed record RangeResponse(EtcdHeader Header, IReadOnlyList<EtcdKeyValue> Pairs, bool More, long Count)
{
    /// <summary>Decodes; null when malformed.</summary>
    public static RangeResponse? Read(ReadOnlySpan<byte> message)
    {
        var header = default(EtcdHeader);
        var pairs = new List<EtcdKeyValue>();
        var more = false;
        long count = 0;
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
                    if (EtcdKeyValue.Read(reader.Bytes()) is { } pair)
                        pairs.Add(pair);
                    else
                        reader.Break();
                    break;
                case 3:
                    more = reader.Flag();
                    break;
                case 4:
                    count = reader.Number();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return reader.IsBroken ? null : new RangeResponse(header, pairs, more, count);
    }
}

namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>DeleteRangeResponse: header 1, deleted 2.</summary>
/// <param name="Header">Who answered; default inside a transaction.</param>
/// <param name="Deleted">Number of keys removed.</param>
internal readonly record struct DeleteRangeResponse(EtcdHeader Header, long Deleted)
{
    /// <summary>Decodes; false when malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out DeleteRangeResponse response)
    {
        response = default;
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1:
                    if (EtcdHeader.TryRead(reader.Bytes(), out var header))
                        response = response with { Header = header };
                    else
                        reader.Break();
                    break;
                case 2:
                    response = response with { Deleted = reader.Number() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return !reader.IsBroken;
    }
}

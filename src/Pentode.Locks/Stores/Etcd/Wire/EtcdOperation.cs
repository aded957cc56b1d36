namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>
/// RequestOp: one step of a transaction, as a oneof of RangeRequest 1, PutRequest 2 (key 1, value 2, lease 3) and DeleteRangeRequest 3
/// (key 1, range_end 2).
/// </summary>
internal readonly record struct EtcdOperation
{
    private EtcdOperation(EtcdOperationKind kind, byte[] key, byte[] second, long number)
    {
        Kind = kind;
        Key = key;
        Second = second;
        Amount = number;
    }

    /// <summary>Which step.</summary>
    public EtcdOperationKind Kind { get; }

    /// <summary>The key, or the first of a range.</summary>
    public byte[] Key { get; }

    /// <summary>The value of a put; the end of a range otherwise (empty: one key).</summary>
    public byte[] Second { get; }

    /// <summary>The limit of a range; the lease of a put.</summary>
    public long Amount { get; }

    /// <summary>Reads one key.</summary>
    public static EtcdOperation Get(byte[] key) => new(EtcdOperationKind.Range, key, [], 0);

    /// <summary>Reads the keys from <paramref name="key"/> up to but without <paramref name="end"/>.</summary>
    public static EtcdOperation GetRange(byte[] key, byte[] end, long limit = 0) => new(EtcdOperationKind.Range, key, end, limit);

    /// <summary>Writes one key.</summary>
    public static EtcdOperation Put(byte[] key, byte[] value, long lease = 0) => new(EtcdOperationKind.Put, key, value, lease);

    /// <summary>Deletes one key.</summary>
    public static EtcdOperation Delete(byte[] key) => new(EtcdOperationKind.Delete, key, [], 0);

    /// <summary>Deletes the keys from <paramref name="key"/> up to but without <paramref name="end"/>.</summary>
    public static EtcdOperation DeleteRange(byte[] key, byte[] end) => new(EtcdOperationKind.Delete, key, end, 0);

    /// <summary>Appends the step as a RequestOp under <paramref name="field"/>.</summary>
    public void Write(ProtoWriter writer, int field)
    {
        var outer = writer.Begin(field);
        var inner = writer.Begin((int)Kind);
        WriteBody(writer);
        writer.End(inner);
        writer.End(outer);
    }

    /// <summary>Appends the fields of the step's own request message.</summary>
    public void WriteBody(ProtoWriter writer)
    {
        writer.Bytes(1, Key);
        writer.Bytes(2, Second);
        if (Kind != EtcdOperationKind.Delete)
            writer.Number(3, Amount);
    }
}

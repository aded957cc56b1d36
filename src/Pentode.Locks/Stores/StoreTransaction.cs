namespace Pentode.Locks.Stores;

/// <summary>
/// If every compare holds, all writes happen, atomically and under one new revision; else nothing happens. Compares and writes together are at
/// most <see cref="MaxOperations"/>; no key is written twice; a key may be compared more than once and both compared and written.
/// </summary>
public sealed class StoreTransaction
{
    /// <summary>Most compares and writes of one transaction (etcd refuses more than 128 of either).</summary>
    public const int MaxOperations = 120;

    /// <summary>Longest value.</summary>
    public const int MaxValueBytes = 64 * 1024;

    /// <summary>Takes both lists as they are; they are not changed afterwards.</summary>
    public StoreTransaction(IReadOnlyList<StoreCompare> compares, IReadOnlyList<StoreWrite> writes)
    {
        ArgumentNullException.ThrowIfNull(compares);
        ArgumentNullException.ThrowIfNull(writes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(compares.Count + writes.Count, MaxOperations);
        for (var i = 0; i < writes.Count; i++)
        {
            if (writes[i].Value is { Length: > MaxValueBytes })
                throw new ArgumentException($"value of {writes[i].Key} is longer than {MaxValueBytes} bytes", nameof(writes));
            for (var j = 0; j < i; j++)
            {
                if (writes[i].Key == writes[j].Key)
                    throw new ArgumentException($"{writes[i].Key} is written twice", nameof(writes));
            }
        }

        Compares = compares;
        Writes = writes;
    }

    /// <summary>All must hold.</summary>
    public IReadOnlyList<StoreCompare> Compares { get; }

    /// <summary>Done when all compares hold. May be empty: then the transaction is a consistent read of the compared keys.</summary>
    public IReadOnlyList<StoreWrite> Writes { get; }
}

namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>TxnRequest: compare 1*, success 2*, failure 3*. At most 128 steps and compares each, no key put twice.</summary>
/// <param name="Compares">All must hold for <paramref name="Success"/> to run.</param>
/// <param name="Success">Steps when they hold.</param>
/// <param name="Failure">Steps when one does not.</param>
internal sealed record TxnRequest(IReadOnlyList<EtcdCompare> Compares, IReadOnlyList<EtcdOperation> Success, IReadOnlyList<EtcdOperation> Failure)
{
    /// <summary>Most compares, and most steps of each branch, that a server takes by default (--max-txn-ops).</summary>
    public const int MaximumOperations = 128;

    /// <summary>True when either branch changes something.</summary>
    public bool IsWrite => Success.Concat(Failure).Any(o => o.Kind != EtcdOperationKind.Range);

    /// <summary>Appends the fields.</summary>
    public void Write(ProtoWriter writer)
    {
        foreach (var compare in Compares)
            compare.Write(writer, 1);
        foreach (var operation in Success)
            operation.Write(writer, 2);
        foreach (var operation in Failure)
            operation.Write(writer, 3);
    }
}

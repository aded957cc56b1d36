namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>Members of RequestOp's and ResponseOp's oneof; the numbers are the field numbers.</summary>
internal enum EtcdOperationKind
{
    /// <summary>request_range and response_range.</summary>
    Range = 1,

    /// <summary>request_put and response_put.</summary>
    Put = 2,

    /// <summary>request_delete_range and response_delete_range.</summary>
    Delete = 3,
}

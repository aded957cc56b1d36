namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>Compare.CompareResult (rpc.proto).</summary>
internal enum EtcdCompareResult
{
    /// <summary>EQUAL.</summary>
    Equal = 0,

    /// <summary>GREATER.</summary>
    Greater = 1,

    /// <summary>LESS.</summary>
    Less = 2,

    /// <summary>NOT_EQUAL.</summary>
    NotEqual = 3,
}

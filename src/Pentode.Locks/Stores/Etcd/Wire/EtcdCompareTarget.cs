namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>Compare.CompareTarget (rpc.proto).</summary>
internal enum EtcdCompareTarget
{
    /// <summary>VERSION: the operand is field 4.</summary>
    Version = 0,

    /// <summary>CREATE: the operand is field 5.</summary>
    Create = 1,

    /// <summary>MOD: the operand is field 6.</summary>
    Mod = 2,

    /// <summary>VALUE: the operand is field 7.</summary>
    Value = 3,
}

namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>AlarmType (rpc.proto).</summary>
internal enum EtcdAlarmKind
{
    /// <summary>NONE.</summary>
    None = 0,

    /// <summary>NOSPACE: a member's quota is used up; every write of the cluster fails until it is compacted and the alarm taken back.</summary>
    NoSpace = 1,

    /// <summary>CORRUPT: members disagree on the data; reads and writes fail.</summary>
    Corrupt = 2,
}

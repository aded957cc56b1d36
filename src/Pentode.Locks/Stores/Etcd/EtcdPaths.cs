namespace Pentode.Locks.Stores.Etcd;

/// <summary>The methods of etcd's services that are called.</summary>
internal static class EtcdPaths
{
    public const string Range = "/etcdserverpb.KV/Range";
    public const string Txn = "/etcdserverpb.KV/Txn";
    public const string Compact = "/etcdserverpb.KV/Compact";
    public const string Watch = "/etcdserverpb.Watch/Watch";
    public const string Status = "/etcdserverpb.Maintenance/Status";
    public const string Alarm = "/etcdserverpb.Maintenance/Alarm";
    public const string MemberList = "/etcdserverpb.Cluster/MemberList";
    public const string Authenticate = "/etcdserverpb.Auth/Authenticate";
}

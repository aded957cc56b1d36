using Pentode.Core.Diagnostics;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Etcd;
using Pentode.Testing.Locks;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Locks;

/// <summary>The store contract on one real etcd member shared by all tests.</summary>
public sealed class EtcdStoreConformanceTests(EtcdStoreConformanceTests.Server server) : LockStoreConformance, IClassFixture<EtcdStoreConformanceTests.Server>
{
    protected override ValueTask<ILockStore> OpenAsync() =>
        ValueTask.FromResult<ILockStore>(new EtcdLockStore(new EtcdOptions { Endpoints = server.Cluster.Endpoints, CallTimeoutMs = 10_000 }, NullLog.Instance));

    public sealed class Server : IDisposable
    {
        private readonly Lazy<EtcdCluster> _cluster = new(() => EtcdCluster.Start());

        public EtcdCluster Cluster => _cluster.Value;

        public void Dispose()
        {
            if (_cluster.IsValueCreated)
                _cluster.Value.Dispose();
        }
    }
}

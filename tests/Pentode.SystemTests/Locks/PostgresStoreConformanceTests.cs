using Pentode.Core.Diagnostics;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Postgres;
using Pentode.Testing.Locks;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Locks;

/// <summary>The store contract on one real PostgreSQL server shared by all tests.</summary>
public sealed class PostgresStoreConformanceTests(PostgresStoreConformanceTests.Server server) : LockStoreConformance, IClassFixture<PostgresStoreConformanceTests.Server>
{
    protected override ValueTask<ILockStore> OpenAsync() =>
        ValueTask.FromResult<ILockStore>(new PostgresLockStore(new PostgresOptions { ConnectionString = server.Postgres.ConnectionString(), CallTimeoutMs = 10_000 }, NullLog.Instance));

    public sealed class Server : IDisposable
    {
        private readonly Lazy<PostgresServer> _server = new(() => PostgresServer.Start());

        public PostgresServer Postgres => _server.Value;

        public void Dispose()
        {
            if (_server.IsValueCreated)
                _server.Value.Dispose();
        }
    }
}

using Pentode.Testing.Processes;

namespace Pentode.Tests.Names;

/// <summary>One PostgreSQL for the tests of a class; started by the first that asks.</summary>
public sealed class StorePostgresFixture : IDisposable
{
    private readonly Lazy<PostgresServer> _server = new(() => PostgresServer.Start());

    public PostgresServer Server
    {
        get
        {
            PostgresServer.Require();
            return _server.Value;
        }
    }

    public void Dispose()
    {
        if (_server.IsValueCreated)
            _server.Value.Dispose();
    }
}

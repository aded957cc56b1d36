using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Locks;

/// <summary>The daemons of one test, of which some may be stopped or killed: none is left when it ends, however it does.</summary>
internal sealed class GuardedDaemons(TemporaryDirectory directory, EtcdCluster etcd, string more, string exports) : IDisposable
{
    private readonly List<GuardedDaemon> _started = [];

    internal GuardedDaemon Start(string node)
    {
        var daemon = GuardedDaemon.Start(directory, etcd, node, more, exports);
        _started.Add(daemon);
        return daemon;
    }

    public void Dispose()
    {
        foreach (var daemon in _started)
            daemon.Dispose();
    }
}

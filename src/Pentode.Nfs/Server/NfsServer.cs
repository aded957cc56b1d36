using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Pentode.Core.Diagnostics;
using Pentode.Files.Exports;
using Pentode.Nfs.Rpc;
using Pentode.Uring;

namespace Pentode.Nfs.Server;

/// <summary>
/// Serves NFS 2 and 3, MOUNT 1 to 3 and the port mapper's look-ups on accepted sockets of any number of loops, and on datagram sockets. All
/// programs answer on every port. Thread safe.
/// </summary>
public sealed class NfsServer
{
    private readonly ConcurrentDictionary<long, TcpConnection> _connections = new();
    private readonly ConcurrentDictionary<IoLoop, NfsLoop> _loops = new();
    private readonly ConcurrentDictionary<IPAddress, NfsClient> _clients = new();
    private readonly List<UdpSocket> _datagrams = [];
    private readonly ITreeExports[] _exports;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastId;
    private long _writeVerifier;
    private volatile bool _isDraining;

    /// <summary>A server of what those tables grant.</summary>
    public NfsServer(IReadOnlyList<ITreeExports> exports, NfsServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.HandleKey.Length < 32)
            throw new ArgumentException("The key of file handles has at least 32 bytes.", nameof(options));
        _exports = [.. exports];
        Options = options;
        NewWriteVerifier();
        Malformed = options.Metrics?.Counter("pentode.nfs.malformed", "Connections closed and datagrams dropped for a malformed RPC message.");
        Replayed = options.Metrics?.Counter("pentode.nfs.replayed", "Calls sent twice that were answered from the reply cache or dropped.");
        options.Metrics?.Gauge("pentode.nfs.connections", "NFS connections.", () => _connections.Count);
        options.Metrics?.Gauge("pentode.nfs.objects", "Objects held open for NFS handles.", () => _loops.Values.Sum(l => (long)l.ObjectCount));
        options.Metrics?.Gauge("pentode.nfs.open_files", "Files held open between NFS calls.", () => _loops.Values.Sum(l => (long)l.FileCount));
        foreach (var (program, version, procedure, name) in NfsCounts.All)
        {
            options.Metrics?.Gauge($"pentode.nfs.{name}", $"Calls of {name.Replace('.', ' ')}.", () => _loops.Values.Sum(l => l.Counts.Calls(program, version, procedure)));
            options.Metrics?.Gauge($"pentode.nfs.{name}_errors", $"Calls of {name.Replace('.', ' ')} that failed.", () => _loops.Values.Sum(l => l.Counts.Errors(program, version, procedure)));
        }
    }

    /// <summary>Snapshot of the connections.</summary>
    public IReadOnlyList<SessionInfo> Sessions => [.. _connections.Values.Select(c => c.Describe())];

    /// <summary>What was given.</summary>
    public NfsServerOptions Options { get; }

    /// <summary>Tells overlapping changes.</summary>
    internal ChangeStamps Stamps { get; } = new();

    internal Counter? Malformed { get; }

    internal Counter? Replayed { get; }

    /// <summary>Sums the versions of all tables: changes when one does.</summary>
    internal long ExportsVersion
    {
        get
        {
            long sum = 0;
            foreach (var table in _exports)
                sum += table.Version;
            return sum;
        }
    }

    /// <summary>Changes when writes that were not committed may be lost.</summary>
    internal ulong WriteVerifier => (ulong)Volatile.Read(ref _writeVerifier);

    /// <summary>Everything for MOUNT EXPORT.</summary>
    internal IEnumerable<(string Path, IReadOnlyList<string> Hosts)> Listing => _exports.SelectMany(e => e.Listing);

    /// <summary>Everything for MOUNT DUMP.</summary>
    internal IEnumerable<(string Host, string Path)> Mounts => _clients.Values.SelectMany(c => c.Mounts.Select(m => (c.Address.ToString(), m)));

    /// <summary>Serves a connected socket, on the loop's thread. Owns the socket from now on.</summary>
    public void Serve(IoLoop loop, int socket, string peer)
    {
        ArgumentNullException.ThrowIfNull(loop);
        if (_isDraining || _connections.Count >= Options.MaxConnections)
        {
            Options.Log.Write(LogLevel.Warning, $"nfs: connection from {peer} refused");
            loop.Close(socket);
            return;
        }

        var connection = new TcpConnection(this, LoopOf(loop), socket, peer, Interlocked.Increment(ref _lastId));
        _connections[connection.Id] = connection;
        connection.Start();
    }

    /// <summary>Serves datagrams of a bound socket (see <see cref="Pentode.Linux.DatagramCalls"/>), on the loop's thread. Owns the socket from now on.</summary>
    public void ServeDatagrams(IoLoop loop, int socket)
    {
        ArgumentNullException.ThrowIfNull(loop);
        var datagrams = new UdpSocket(this, LoopOf(loop), socket);
        lock (_datagrams)
            _datagrams.Add(datagrams);
        datagrams.Start();
    }

    /// <summary>Takes no more calls, answers those under way, closes; after <paramref name="deadline"/> closes regardless. Lets go of every object.</summary>
    public async Task DrainAsync(TimeSpan deadline)
    {
        _isDraining = true;
        foreach (var connection in _connections.Values)
            connection.Loop.Post(static c => ((TcpConnection)c!).Drain(), connection);
        UdpSocket[] sockets;
        lock (_datagrams)
            sockets = [.. _datagrams];
        foreach (var socket in sockets)
            socket.Loop.Post(static s => ((UdpSocket)s!).Close(), socket);
        if (!_connections.IsEmpty)
            await Task.WhenAny(_drained.Task, Task.Delay(deadline)).ConfigureAwait(false);
        foreach (var connection in _connections.Values)
            connection.Loop.Post(static c => ((TcpConnection)c!).Close(), connection);
        await Task.WhenAll(_loops.Values.Select(l => l.CloseAsync())).WaitAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    internal void Forget(TcpConnection connection)
    {
        _connections.TryRemove(connection.Id, out _);
        if (_isDraining && _connections.IsEmpty)
            _drained.TrySetResult();
    }

    /// <summary>What is known of an address; the longest unused one is forgotten when there are too many.</summary>
    internal NfsClient ClientOf(IPAddress address)
    {
        if (!_clients.TryGetValue(address, out var client))
        {
            if (_clients.Count >= Options.MaxClients)
                _clients.TryRemove(_clients.Values.MinBy(c => c.UsedAt)!.Address, out _);
            client = _clients.GetOrAdd(address, static (a, server) => new NfsClient(server, a), this);
        }

        client.UsedAt = Environment.TickCount64;
        return client;
    }

    internal TreeGrant[] GrantsFor(IPAddress address)
    {
        var grants = new List<TreeGrant>();
        foreach (var table in _exports)
            grants.AddRange(table.For(address));
        return [.. grants];
    }

    /// <summary>Uncommitted writes may be lost: clients that see another verifier send them again.</summary>
    internal void NewWriteVerifier() => Volatile.Write(ref _writeVerifier, BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)));

    private NfsLoop LoopOf(IoLoop loop) => _loops.GetOrAdd(loop, static (l, server) => new NfsLoop(server, l), this);
}

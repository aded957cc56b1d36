using System.Collections.Concurrent;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Uring;

namespace Pentode.NineP.Server;

/// <summary>Serves 9P2000.L on accepted sockets of any number of loops. Thread safe.</summary>
public sealed class NinePServer
{
    private readonly ConcurrentDictionary<long, NinePConnection> _connections = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, ExportTotals> _totals = new(StringComparer.Ordinal);
    private long _lastId;
    private volatile bool _isDraining;

    /// <summary>A server of those exports; the first answers an empty aname.</summary>
    public NinePServer(IReadOnlyList<NinePExport> exports, NinePServerOptions options)
    {
        Exports = exports;
        Options = options;
        MalformedFrames = options.Metrics?.Counter("pentode.9p.malformed", "Connections closed for a malformed 9P frame.");
        Requests = options.Metrics?.Counter("pentode.9p.requests", "9P requests answered.");
        Errors = options.Metrics?.Counter("pentode.9p.errors", "9P requests answered with an error.");
        options.Metrics?.Gauge("pentode.9p.connections", "9P connections.", () => _connections.Count);
    }

    /// <summary>Snapshot of the connections.</summary>
    public IReadOnlyList<SessionInfo> Sessions => [.. _connections.Values.Select(c => c.Describe())];

    internal IReadOnlyList<NinePExport> Exports { get; }

    internal IEnumerable<NinePConnection> Connections => _connections.Values;

    internal NinePServerOptions Options { get; }

    internal Counter? MalformedFrames { get; }

    internal Counter? Requests { get; }

    internal Counter? Errors { get; }

    /// <summary>Serves a connected socket, on the loop's thread. Owns the socket from now on.</summary>
    public void Serve(IoLoop loop, int socket, string peer)
    {
        if (_isDraining || _connections.Count >= Options.MaxConnections)
        {
            Options.Log.Write(LogLevel.Warning, $"9p: connection from {peer} refused");
            loop.Close(socket);
            return;
        }

        var connection = new NinePConnection(this, loop, socket, peer, Interlocked.Increment(ref _lastId));
        _connections[connection.Id] = connection;
        connection.Start();
    }

    /// <summary>Takes no more requests, answers those under way, closes; after <paramref name="deadline"/> closes regardless.</summary>
    public async Task DrainAsync(TimeSpan deadline)
    {
        _isDraining = true;
        foreach (var connection in _connections.Values)
            connection.Loop.Post(static c => ((NinePConnection)c!).Drain(), connection);
        if (_connections.IsEmpty)
            return;
        await Task.WhenAny(_drained.Task, Task.Delay(deadline)).ConfigureAwait(false);
        foreach (var connection in _connections.Values)
            connection.Loop.Post(static c => ((NinePConnection)c!).Close(), connection);
    }

    /// <summary>Cuts the connections to an export and returns when they are gone: none of their requests is carried out after that. Any thread but a loop's.</summary>
    public async Task EndSessionsAsync(string attachName, CancellationToken cancellation)
    {
        var ending = _connections.Values.Where(c => c.Export == attachName).ToArray();
        foreach (var connection in ending)
            connection.Loop.Post(static c => ((NinePConnection)c!).Close(), connection);
        while (ending.Any(c => _connections.ContainsKey(c.Id)) && !cancellation.IsCancellationRequested)
            await Task.Delay(10, CancellationToken.None).ConfigureAwait(false);
    }

    internal void Forget(NinePConnection connection)
    {
        _connections.TryRemove(connection.Id, out _);
        lock (_totals)
        {
            if (!_totals.TryGetValue(connection.Export, out var total))
                _totals.Add(connection.Export, total = new ExportTotals());
            total.Add(connection.Totals);
        }

        if (_isDraining && _connections.IsEmpty)
            _drained.TrySetResult();
    }

    /// <summary>What connections to an export, of now and before, have asked; and what those of now have under way and open.</summary>
    internal ExportTotals TotalsOf(string attachName, out int requests, out int fids)
    {
        (requests, fids) = (0, 0);
        var sum = new ExportTotals();
        lock (_totals)
        {
            if (_totals.TryGetValue(attachName, out var total))
                sum.Add(total);
        }

        foreach (var connection in _connections.Values)
        {
            if (connection.Export != attachName)
                continue;
            sum.Add(connection.Totals);
            requests += connection.PendingCount;
            fids += connection.FidCount;
        }

        return sum;
    }

    /// <summary>A lock was released: those who wait try again.</summary>
    internal void LocksChanged()
    {
        foreach (var connection in _connections.Values)
        {
            if (connection.HasLockWaiters)
                connection.Loop.Post(static c => ((NinePConnection)c!).RetryLocks(), connection);
        }
    }

    internal Credentials ResolveIdentity(uint number, string name)
    {
        if (number != Wire.P9Limits.NoUname)
            return Options.ResolveUid(number) ?? new Credentials(number, number);
        return Options.ResolveUser(name) ?? new Credentials(65534, 65534);
    }
}

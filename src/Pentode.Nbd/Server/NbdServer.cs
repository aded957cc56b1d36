using System.Collections.Concurrent;
using Pentode.Blocks;
using Pentode.Core.Diagnostics;
using Pentode.Uring;

namespace Pentode.Nbd.Server;

/// <summary>Serves block exports to NBD clients. One instance serves all loops; each connection lives on the loop it was given to.</summary>
public sealed class NbdServer
{
    private readonly ConcurrentDictionary<long, NbdSession> _sessions = new();
    private readonly byte[][] _names;
    private long _lastId;
    private volatile bool _isDraining;

    /// <summary>Serves <paramref name="exports"/>; the first one is the default (empty name).</summary>
    public NbdServer(IReadOnlyList<BlockExport> exports, NbdServerOptions options)
    {
        Exports = exports;
        _names = [.. exports.Select(e => System.Text.Encoding.UTF8.GetBytes(e.Name))];
        Options = options;
        Violations = options.Metrics?.Counter("pentode.nbd.violations", "Connections closed because the client broke the protocol.");
        Accepted = options.Metrics?.Counter("pentode.nbd.connections", "Connections accepted.");
        Refused = options.Metrics?.Counter("pentode.nbd.refused", "Connections refused because of the limit.");
    }

    /// <summary>Connections now; a snapshot. Any thread.</summary>
    public IReadOnlyList<SessionInfo> Sessions => _sessions.Values.Select(s => s.Snapshot()).OrderBy(s => s.Id).ToArray();

    internal IReadOnlyList<BlockExport> Exports { get; }

    internal NbdServerOptions Options { get; }

    internal Counter? Violations { get; }

    internal Counter? Accepted { get; }

    internal Counter? Refused { get; }

    internal bool IsDraining => _isDraining;

    /// <summary>
    /// Serves a connected stream socket and closes it in the end. Call on the thread of <paramref name="loop"/>. With
    /// <paramref name="oldStyle"/> the connection gets the oldstyle handshake, which offers that one export.
    /// </summary>
    public void Serve(IoLoop loop, int socket, string peer, BlockExport? oldStyle = null)
    {
        if (_isDraining || _sessions.Count >= Options.MaxConnections)
        {
            Refused?.Add();
            Options.Log.Write(LogLevel.Warning, $"nbd {peer}: refused, {Options.MaxConnections} connections are the limit");
            loop.Close(socket);
            return;
        }

        Accepted?.Add();
        var session = new NbdSession(this, loop, socket, peer, Interlocked.Increment(ref _lastId), oldStyle);
        _sessions[session.Id] = session;
        session.Start();
    }

    /// <summary>Takes no more requests, lets those under way finish, closes; what is left at the deadline is cut. Any thread but a loop's.</summary>
    public async Task DrainAsync(TimeSpan deadline)
    {
        _isDraining = true;
        foreach (var session in _sessions.Values)
            session.Loop.Post(static s => ((NbdSession)s!).BeginClose(), session);
        using var timeout = new CancellationTokenSource(deadline);
        await WaitUntilEmpty(timeout.Token);
        foreach (var session in _sessions.Values)
            session.Loop.Post(static s => ((NbdSession)s!).Cut(), session);
        using var last = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await WaitUntilEmpty(last.Token);
    }

    /// <summary>Cuts the connections an export has now and returns when they are gone: none of their requests is carried out after that. Any thread but a loop's.</summary>
    public async Task EndSessionsAsync(BlockExport export, CancellationToken cancellation)
    {
        var ending = _sessions.Values.Where(s => s.Serves(export)).ToArray();
        foreach (var session in ending)
            session.Loop.Post(static s => ((NbdSession)s!).End(), session);
        while (ending.Any(s => _sessions.ContainsKey(s.Id)) && !cancellation.IsCancellationRequested)
            await Task.Delay(10, CancellationToken.None);
    }

    internal void Remove(NbdSession session) => _sessions.TryRemove(session.Id, out _);

    internal BlockExport? Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return Exports.Count > 0 ? Exports[0] : null;
        for (var i = 0; i < _names.Length; i++)
        {
            if (name.SequenceEqual(_names[i]))
                return Exports[i];
        }

        return null;
    }

    private async Task WaitUntilEmpty(CancellationToken cancellation)
    {
        while (!_sessions.IsEmpty && !cancellation.IsCancellationRequested)
            await Task.Delay(10, CancellationToken.None);
    }
}

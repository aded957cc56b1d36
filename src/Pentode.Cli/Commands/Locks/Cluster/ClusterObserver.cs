using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Cli.Commands.Locks.Cluster;

/// <summary>Looks at a lock cluster through its store only, without taking part in it.</summary>
internal static class ClusterObserver
{
    private const int MostSessions = 1000;
    private const int MarginMs = 500;

    /// <summary>Times of the cluster; null when no node has ever joined, or with the problem.</summary>
    public static async Task<(SessionTiming? Timing, string? Problem)> TimingAsync(ILockStore store, KeyLayout keys)
    {
        var read = await store.CommitAsync(new StoreTransaction([StoreCompare.Exists(keys.Meta)], [])).ConfigureAwait(false);
        if (read.Outcome is not (StoreOutcome.Ok or StoreOutcome.Conflict))
            return (null, read.Detail ?? read.Outcome.ToString());
        if (read.Current[0] is not { } entry)
            return (null, null);
        return SessionTiming.Decode(entry.Value) is { } timing ? (timing, null) : (null, "the times of the cluster are of another version");
    }

    /// <summary>The sessions, after waiting a little longer than one heartbeat.</summary>
    public static async Task<(IReadOnlyList<ClusterSession> Sessions, string? Problem)> SessionsAsync(ILockStore store, KeyLayout keys, SessionTiming timing, CancellationToken cancellation)
    {
        var first = await store.RangeAsync(keys.Sessions, null, MostSessions, cancellation).ConfigureAwait(false);
        if (first.Outcome != StoreOutcome.Ok)
            return ([], first.Detail);
        if (first.Entries.Count == 0)
            return ([], null);
        var windowMs = timing.HeartbeatMs + MarginMs;
        await Task.Delay(windowMs, cancellation).ConfigureAwait(false);
        var second = await store.RangeAsync(keys.Sessions, null, MostSessions, cancellation).ConfigureAwait(false);
        if (second.Outcome != StoreOutcome.Ok)
            return ([], second.Detail);
        var before = first.Entries.ToDictionary(e => e.Key, e => e.ModRevision);
        var sessions = new List<ClusterSession>();
        foreach (var entry in second.Entries)
        {
            if (!keys.TryParseSession(entry.Key, out var id) || SessionRecord.Decode(entry.Value) is not { } record)
                continue;

            // A beat that came while we looked was sent at most the window, and the time of one call, ago.
            var isBeating = !before.TryGetValue(entry.Key, out var revision) || revision != entry.ModRevision;
            sessions.Add(new ClusterSession(
                record.Node, record.Address, record.ProcessId, id.ToString(), record.Beat, isBeating,
                isBeating ? Math.Max(0, timing.HoldMs - windowMs - MarginMs) : 0, isBeating ? timing.DeadMs : Math.Max(0, timing.DeadMs - windowMs)));
        }

        return ([.. sessions.OrderBy(s => s.Node, StringComparer.Ordinal)], null);
    }
}

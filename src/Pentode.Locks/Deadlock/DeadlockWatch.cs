using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Deadlock;

/// <summary>
/// Looks for circles of requests that wait for one another, over any number of locks and nodes, and refuses the youngest of each with EDEADLK.
/// Does nothing before a request has waited for <see cref="LockManagerOptions.DeadlockAfterMs"/>; then the node states its long waits in a key of its
/// own and reads those of the others, once in a while.
/// </summary>
/// <remarks>
/// Why it is never wrong: a circle is believed only when each node of it wrote its statement down after it had read every other one's with the wait in
/// question (<see cref="WaitStatement.Seen"/>). At the moment the first of those statements was written all its waits were going on, and all the others
/// had begun and had not ended: all of them at one time. The refusal itself is a transaction that compares every statement, session and
/// queue it rests on, and takes the victim out of the own statement: two refusals never rest on one wait.
/// </remarks>
internal sealed class DeadlockWatch(LockManager manager)
{
    private const int PageEntries = 500;
    private const int MaxQuietFactor = 4;
    private const int FastFraction = 10;
    private const int SoonFraction = 4;
    private const int LeastMs = 20;

    // Under the manager's gate.
    private readonly HashSet<LockRequest> _requests = [];
    private IDisposable? _timer;
    private long _dueMs;
    private bool _isRunning;
    private int _quiet = 1;

    // Of the round under way.
    private ulong _edition;
    private bool _isStated;

    private long AfterMs => manager.Options.DeadlockAfterMs;

    /// <summary>A request begins to wait without an end of its own. Under the gate.</summary>
    internal void OnWaiting(LockRequest request)
    {
        if (AfterMs <= 0)
            return;
        _requests.Add(request);
        _quiet = 1;
        if (!_isRunning)
            Arm(AfterMs);
    }

    /// <summary>It waits no more. Under the gate.</summary>
    internal void OnEnded(LockRequest request) => _requests.Remove(request);

    private void Arm(long delayMs)
    {
        var dueMs = manager.Clock.NowMs + delayMs;
        if (_timer is not null && _dueMs <= dueMs)
            return;
        _timer?.Dispose();
        _dueMs = dueMs;
        _timer = manager.Clock.Schedule(delayMs, () => _ = RunAsync());
    }

    private async Task RunAsync()
    {
        lock (manager.Gate)
        {
            _timer?.Dispose();
            _timer = null;
            if (_isRunning)
                return;
            _isRunning = true;
        }

        long? nextMs;
        try
        {
            nextMs = await RoundAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Locks work without the search.
        catch (Exception e)
#pragma warning restore CA1031
        {
            manager.Log.Write(LogLevel.Error, $"locks: the search for deadlocks failed: {e}");
            nextMs = AfterMs;
        }

        lock (manager.Gate)
        {
            _isRunning = false;
            if (nextMs is { } delayMs)
                Arm(delayMs);
            else if (_requests.Count > 0)
                Arm(AfterMs);
        }
    }

    // How long until the next one; null when there is nothing to look at.
    private async Task<long?> RoundAsync()
    {
        NodeSession? session;
        LockRequest[] due;
        var youngestMs = 0L;
        lock (manager.Gate)
        {
            session = manager.Session;
            var nowMs = manager.Clock.NowMs;
            due = [.. _requests.Where(r => nowMs - r.SinceMs >= AfterMs)];
            if (due.Length == 0 && _requests.Count > 0)
                youngestMs = _requests.Min(r => r.SinceMs) + AfterMs - nowMs;
        }

        if (due.Length == 0)
        {
            if (_isStated && session is not null)
                await WithdrawStatementAsync(session).ConfigureAwait(false);
            return youngestMs > 0 ? youngestMs : _isStated ? AfterMs : null;
        }

        if (session is null || !manager.CheckLive())
            return AfterMs;
        var pins = due.ToDictionary(static r => r, static r => r.Options.Witness?.PinsOf(r) ?? []);
        if (await ReadAsync().ConfigureAwait(false) is not { } read)
            return AfterMs;
        var statements = read.ToDictionary(static s => s.Key, static s => s.Value.Statement);
        var revisions = read.ToDictionary(static s => s.Key, static s => s.Value.Revision);
        var old = statements.GetValueOrDefault(session.Id);
        var next = State(session, due, pins, old);
        if (next is null)
            return AfterMs;
        statements[session.Id] = next;
        var graph = new WaitGraph(statements);
        var knots = graph.Knots().Where(k => k.Any(w => w.Session == session.Id)).ToArray();
        next = next with { Seen = Seen(session.Id, knots, statements) };
        statements[session.Id] = next;
        if (old is null || !IsCovered(old, next, knots, graph))
        {
            var written = await PublishAsync(session, next, revisions.GetValueOrDefault(session.Id)).ConfigureAwait(false);
            if (written is not { } revision)
                return Pace(isBusy: knots.Length > 0);
            revisions[session.Id] = revision;
            if (old is null || next.Waits.Any(w => !old.Waits.Any(w.IsSameWait)))
                Hurry();
        }
        else
        {
            statements[session.Id] = old;
        }

        foreach (var victim in new WaitGraph(statements).Victims().Where(v => v.Session == session.Id))
        {
            if (graph.CircleThrough(victim) is not { } circle || !IsProven(circle, statements, graph))
                continue;
            // One in a round: the next needs a statement without this one.
            await RefuseAsync(session, victim, circle, graph, statements[session.Id], revisions, due).ConfigureAwait(false);
            break;
        }

        return Pace(isBusy: knots.Length > 0);
    }

    // What others say is soonest new when something here is.
    private void Hurry()
    {
        lock (manager.Gate)
            _quiet = 0;
    }

    private long Pace(bool isBusy)
    {
        lock (manager.Gate)
        {
            if (isBusy)
            {
                _quiet = 1;
                return Math.Max(LeastMs, AfterMs / FastFraction);
            }

            var delayMs = _quiet == 0 ? Math.Max(LeastMs, AfterMs / SoonFraction) : AfterMs * _quiet;
            _quiet = Math.Clamp(_quiet * 2, 1, MaxQuietFactor);
            return delayMs;
        }
    }

    private async ValueTask<Dictionary<SessionId, (WaitStatement Statement, long Revision)>?> ReadAsync()
    {
        var found = new Dictionary<SessionId, (WaitStatement, long)>();
        StoreKey? after = null;
        while (true)
        {
            var page = await manager.Store.RangeAsync(manager.Keys.Waits, after, PageEntries).ConfigureAwait(false);
            if (page.Outcome != StoreOutcome.Ok)
                return null;
            foreach (var entry in page.Entries)
            {
                after = entry.Key;
                if (manager.Keys.TryParseWait(entry.Key, out var session) && WaitStatement.Decode(entry.Value) is { } statement)
                    found[session] = (statement, entry.ModRevision);
            }

            if (!page.More || page.Entries.Count == 0)
                return found;
        }
    }

    // Everything in it is true while this holds the gate.
    private WaitStatement? State(NodeSession session, LockRequest[] due, Dictionary<LockRequest, IReadOnlyList<LockPin>> pins, WaitStatement? old)
    {
        var waits = new List<WaitEntry>();
        var edition = _edition = Math.Max(_edition, old?.Edition ?? 0) + 1;
        lock (manager.Gate)
        {
            if (manager.Session != session)
                return null;
            var stuck = due.Where(r => !r.IsOver && pins[r].Count > 0).Select(static r => (r.Options.Witness!, r.Options.OpenerPid)).ToHashSet();
            // When there is not room for all, those that may close a circle come first.
            foreach (var request in due.OrderBy(r => pins[r].Count == 0).ThenBy(static r => r.Id))
            {
                var held = pins[request].Where(manager.IsPinned).Take(WaitStatement.MaxPins).ToArray();
                if (waits.Count == WaitStatement.MaxWaits || request.Resource.Describe(request, session, held, stuck, edition) is not { } wait)
                    continue;
                waits.Add(old?.Waits.FirstOrDefault(wait.IsSameWait) is { } known ? wait with { First = known.First } : wait);
            }
        }

        return new WaitStatement(edition, new Dictionary<SessionId, ulong>(), waits);
    }

    private static Dictionary<SessionId, ulong> Seen(SessionId own, IReadOnlyList<WaitKey>[] knots, Dictionary<SessionId, WaitStatement> statements) =>
        knots.SelectMany(static k => k).Select(static w => w.Session).Distinct().Where(s => s != own).Take(WaitStatement.MaxSeen).ToDictionary(static s => s, s => statements[s].Edition);

    // What stands in the store says the same, and that everything the knots consist of had been seen.
    private static bool IsCovered(WaitStatement old, WaitStatement next, IReadOnlyList<WaitKey>[] knots, WaitGraph graph) =>
        old.Waits.Count == next.Waits.Count
        && old.Waits.Zip(next.Waits).All(static p => p.First.IsSame(p.Second))
        && knots.SelectMany(static k => k).Where(w => next.Seen.ContainsKey(w.Session)).All(w => old.Seen.GetValueOrDefault(w.Session) >= graph.Waits[w].First);

    private static bool IsProven(IReadOnlyList<WaitEdge> circle, Dictionary<SessionId, WaitStatement> statements, WaitGraph graph)
    {
        var sessions = circle.Select(static e => e.From.Session).Distinct().ToArray();
        return circle.All(edge => sessions.All(s => s == edge.From.Session || statements[s].Seen.GetValueOrDefault(edge.From.Session) >= graph.Waits[edge.From].First));
    }

    private async ValueTask<long?> PublishAsync(NodeSession session, WaitStatement statement, long revision)
    {
        var key = manager.Keys.Wait(session.Id);
        _isStated = true;
        var result = await manager.Store.CommitAsync(new StoreTransaction(
            [StoreCompare.Exists(manager.Keys.Session(session.Id)), StoreCompare.At(key, revision)],
            [StoreWrite.Put(key, statement.Encode())])).ConfigureAwait(false);
        return result.Outcome == StoreOutcome.Ok ? result.Revision : null;
    }

    private async ValueTask WithdrawStatementAsync(NodeSession session)
    {
        var result = await manager.Store.CommitAsync(new StoreTransaction(
            [StoreCompare.Exists(manager.Keys.Session(session.Id))],
            [StoreWrite.Delete(manager.Keys.Wait(session.Id))])).ConfigureAwait(false);
        // With the session it goes as well.
        _isStated = result.Outcome is not (StoreOutcome.Ok or StoreOutcome.Conflict);
    }

    private async ValueTask RefuseAsync(
        NodeSession session,
        WaitKey victim,
        IReadOnlyList<WaitEdge> circle,
        WaitGraph graph,
        WaitStatement own,
        Dictionary<SessionId, long> revisions,
        LockRequest[] due)
    {
        if (Array.Find(due, r => r.Id == victim.Id) is not { } request)
            return;
        var compares = new List<StoreCompare>();
        foreach (var other in circle.Select(static e => e.From.Session).Distinct())
        {
            compares.Add(StoreCompare.Exists(manager.Keys.Session(other)));
            compares.Add(StoreCompare.At(manager.Keys.Wait(other), revisions[other]));
        }

        var queues = circle.Where(static e => e.IsOrder).ToArray();
        if (compares.Count + queues.Length + 1 > StoreTransaction.MaxOperations || !await AddQueuesAsync(queues, graph, compares).ConfigureAwait(false))
            return;
        var without = own with { Edition = ++_edition, Waits = [.. own.Waits.Where(w => w.Id != victim.Id)] };
        var result = await manager.Store.CommitAsync(
            new StoreTransaction(compares, [StoreWrite.Put(manager.Keys.Wait(session.Id), without.Encode())])).ConfigureAwait(false);
        if (result.Outcome != StoreOutcome.Ok)
            return;
        if (!request.Resource.Withdraw(request, Errno.EDEADLK))
            return;
        manager.Counters.Deadlocks.Add();
        var words = string.Join(", ", circle.Select(e => $"{graph.Waits[e.From].Domain}/{graph.Waits[e.From].Name}"));
        manager.Log.Write(LogLevel.Warning, $"locks: {circle.Count} requests wait for one another in a circle ({words}): the youngest, {request.Resource.Domain.Name}/{request.Resource.Name}{Opener(request)}, is refused (EDEADLK)");
    }

    private static string Opener(LockRequest request) => request.Options.OpenerPid > 0 ? $" for process {request.Options.OpenerPid}" : string.Empty;

    // A request that has no place in the queue is held back on a node that has the lock, for the sake of the first in the queue.
    private static bool Precedes(LockRecord record, (SessionId Session, ulong Request) earlier, (SessionId Session, ulong Place) later) =>
        record.TryGet(earlier.Session, out var first) && first.IsWaiting && first.Request == earlier.Request
        && record.TryGet(later.Session, out var second)
        && (later.Place == 0
            ? record.TryGetHead(out var head) && head.Session == earlier.Session && record.BlockedBy(later.Session) != LockMode.Null
            : second.IsWaiting && second.Request == later.Place && first.Sequence < second.Sequence);

    // The order of two requests in a queue never changes while both are in it.
    private async ValueTask<bool> AddQueuesAsync(WaitEdge[] edges, WaitGraph graph, List<StoreCompare> compares)
    {
        if (edges.Length == 0)
            return true;
        var keys = edges.Select(e => manager.Keys.Record(graph.Waits[e.From].Domain, graph.Waits[e.From].Name)).ToArray();
        var read = await manager.Store.CommitAsync(new StoreTransaction([.. keys.Select(StoreCompare.Exists)], [])).ConfigureAwait(false);
        if (read.Outcome != StoreOutcome.Ok)
            return false;
        for (var i = 0; i < edges.Length; i++)
        {
            var (from, to) = (graph.Waits[edges[i].From], graph.Waits[edges[i].To]);
            if (read.Current[i] is not { } entry || !LockRecordCodec.TryDecode(entry.Value, out var record, out _)
                || !Precedes(record, (edges[i].To.Session, to.Request), (edges[i].From.Session, from.Place)))
            {
                return false;
            }

            compares.Add(StoreCompare.At(keys[i], entry.ModRevision));
        }

        return true;
    }
}

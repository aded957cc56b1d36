using System.Security.Cryptography;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Deadlock;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;

namespace Pentode.Locks.Manager;

/// <summary>
/// One node of a lock cluster: its session and the domains it has joined. All members are thread safe; nothing of a user is called while the
/// manager's own lock is held. Several managers with different node names may share one store and one process: they are different holders.
/// </summary>
public sealed partial class LockManager : IAsyncDisposable
{
    private readonly Dictionary<LockName, LockDomain> _domains = [];
    private readonly SessionKeeper _keeper;
    private readonly SessionWatch _watch;
    private readonly RecordReaper _reaper;
    private readonly Random _random;
    private readonly ILossActions _actions;
    private volatile NodeSession? _session;
    private string? _storeProblem;
    private ulong _request;
    private ulong _wait;
    private long _holders;

    /// <summary>Makes a node that is not started. The store stays the caller's.</summary>
    public LockManager(ILockStore store, LockManagerOptions options, ILockClock clock, ILog log, MetricsRegistry metrics, ILossActions actions)
    {
        if (options.Timing.Problem() is { } problem)
            throw new ArgumentException(problem, nameof(options));
        if (options.KillGraceMs >= options.Timing.HoldMs)
            throw new ArgumentException($"kill_grace_ms {options.KillGraceMs} is not below hold_ms {options.Timing.HoldMs}", nameof(options));
        Store = store;
        Options = options;
        Clock = clock;
        Log = log;
        _actions = actions;
        Keys = new KeyLayout(options.Cluster);
        Counters = new LockCounters(metrics);
        _random = new Random(options.RandomSeed ?? RandomNumberGenerator.GetInt32(int.MaxValue));
        _keeper = new SessionKeeper(this);
        _watch = new SessionWatch(this);
        _reaper = new RecordReaper(this);
        Deadlocks = new DeadlockWatch(this);
        metrics.Gauge("pentode.locks.held", "locks in use on this node", () => Interlocked.Read(ref _holders));
        metrics.Gauge("pentode.locks.session_valid_ms", "milliseconds until the session ends unless a beat is acknowledged", () => ValidMs);
    }

    /// <summary>What the node was made with.</summary>
    public LockManagerOptions Options { get; }

    /// <summary>What it counts.</summary>
    public LockCounters Counters { get; }

    /// <summary>How sure the node may be of its locks.</summary>
    public SessionPhase Phase
    {
        get
        {
            var nowMs = Clock.NowMs;
            return _session is not { } session || nowMs >= session.ValidUntilMs ? SessionPhase.Down
                : nowMs >= session.SuspectAtMs ? SessionPhase.Suspect : SessionPhase.Live;
        }
    }

    /// <summary>Milliseconds until the session ends unless a beat is acknowledged; 0 without one.</summary>
    public long ValidMs => _session is { } session ? Math.Max(0, session.ValidUntilMs - Clock.NowMs) : 0;

    /// <summary>The session of now, or null.</summary>
    public SessionId? SessionId => _session?.Id;

    /// <summary>Why the store does not do what is needed, in words; null while it does.</summary>
    public string? Problem => Volatile.Read(ref _storeProblem);

    /// <summary>The domains joined.</summary>
    public IReadOnlyList<LockDomain> Domains
    {
        get
        {
            lock (Gate)
                return [.. _domains.Values];
        }
    }

    internal Lock Gate { get; } = new();

    internal ILockStore Store { get; }

    internal DeadlockWatch Deadlocks { get; }

    internal ILockClock Clock { get; }

    internal ILog Log { get; }

    internal KeyLayout Keys { get; }

    internal NodeSession? Session => _session;

    internal bool IsLive => _session is { } session && Clock.NowMs < session.ValidUntilMs;

    /// <summary>
    /// Starts a session and keeps the node in one until it is disposed. When the first try fails the reason is in <see cref="Problem"/> and the node goes on trying, except
    /// for EINVAL (the cluster's times differ), EEXIST (another node of that name is alive) and EACCES (the store refuses), which end it.
    /// </summary>
    public async ValueTask<Errno> StartAsync()
    {
        var error = await _keeper.StartAsync().ConfigureAwait(false);
        if (error is Errno.EINVAL or Errno.EEXIST or Errno.EACCES)
            return error;
        _watch.Start();
        return error;
    }

    /// <summary>
    /// Joins a domain, or finds it joined. EINVAL for a name the options forbid, ENOTCONN without a session, EPROTO when its stored options are not
    /// understood, EROFS, EACCES, EIO when the store fails.
    /// </summary>
    public async ValueTask<Result<LockDomain>> JoinAsync(LockName name, LockDomainOptions? options = null)
    {
        var wished = options ?? new LockDomainOptions();
        if (name.Length == 0 || (!wished.LongNames && name.Length > LockDomainOptions.ShortDomainNameBytes))
            return Errno.EINVAL;
        lock (Gate)
        {
            if (_domains.TryGetValue(name, out var known))
                return known;
        }

        if (_session is not { } session || !CheckLive())
            return Errno.ENOTCONN;
        var found = await ReadDomainAsync(session, name, wished).ConfigureAwait(false);
        if (!found.IsOk)
            return found;
        lock (Gate)
        {
            if (_domains.TryGetValue(name, out var raced))
                return raced;
            _domains.Add(name, found.Value);
            if (_session != session)
                _keeper.Wake();
        }

        return found;
    }

    /// <summary>The domain, when joined.</summary>
    public LockDomain? Find(LockName name)
    {
        lock (Gate)
            return _domains.GetValueOrDefault(name);
    }

    /// <summary>Leaves every domain and ends the session. Locks still used here are lost.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var domain in Domains)
            _ = await domain.LeaveAsync().ConfigureAwait(false);
        _watch.Stop();
        await _keeper.StopAsync().ConfigureAwait(false);
    }

    internal ulong NextRequest() => ++_request;

    internal ulong NextWait() => ++_wait;

    /// <summary>What is used with a witness now.</summary>
    internal IReadOnlyList<LockPin> UsesOf(IWaitWitness witness)
    {
        lock (Gate)
        {
            return
            [
                .. AllResources().SelectMany(r => r.Handles).Where(h => h.Options.Witness == witness)
                    .Select(h => new LockPin(h.Domain, h.Name, h.Mode, h.Options.ExcludeLocally || h.IsLocallyExclusive)),
            ];
        }
    }

    /// <summary>True while the lock is used here as the pin says. Under the gate.</summary>
    internal bool IsPinned(LockPin pin) => _domains.TryGetValue(pin.Domain, out var domain) && domain.TryGet(pin.Name, out var resource) && resource.IsUsed(pin.Mode);

    internal int NextRandom(int below)
    {
        lock (_random)
            return _random.Next(below);
    }

    internal ulong NextLife()
    {
        lock (_random)
            return (ulong)_random.NextInt64(1, long.MaxValue);
    }

    internal void CountHolders(int change) => Interlocked.Add(ref _holders, change);

    internal long StartOf(in AcquireOptions options, LossPolicy policy) =>
        options.OpenerPid > 0 && policy is LossPolicy.Signal or LossPolicy.Kill ? _actions.StartOf(options.OpenerPid) : 0;

    internal LockHandle CountCached(LockHandle handle)
    {
        Counters.Cached.Add();
        return handle;
    }

    internal void ReportStore(in StoreResult result)
    {
        var words = result.Outcome is StoreOutcome.Ok or StoreOutcome.Conflict ? null : $"{Store.Description}: {result.Detail ?? result.Outcome.ToString()}";
        if (Interlocked.Exchange(ref _storeProblem, words) is var before && words is not null && before != words)
            Log.Write(LogLevel.Warning, $"locks: {words}");
        else if (words is null && before is not null)
            Log.Write(LogLevel.Info, $"locks: {Store.Description} answers again");
    }

    internal void Report(string problem)
    {
        if (Interlocked.Exchange(ref _storeProblem, problem) != problem)
            Log.Write(LogLevel.Error, $"locks: {problem}");
    }

    private async ValueTask<Result<LockDomain>> ReadDomainAsync(NodeSession session, LockName name, LockDomainOptions wished)
    {
        // Twice, as another node may create the domain between the two steps.
        for (var attempt = 0; attempt < 4; attempt++)
        {
            var domain = new LockDomain(this, name, wished);
            var read = await Store.CommitAsync(new StoreTransaction([StoreCompare.Exists(Keys.Domain(name)), StoreCompare.Exists(domain.FloorKey)], [])).ConfigureAwait(false);
            if (read.Outcome is not (StoreOutcome.Ok or StoreOutcome.Conflict))
                return ToErrno(read);
            if (read.Current[0] is { } stored)
            {
                if (wished.WithShared(stored.Value) is not { } agreed)
                    return Errno.EPROTO;
                domain = new LockDomain(this, name, agreed);
            }

            domain.OnFloor(read.Current[1]);
            var written = await Store.CommitAsync(Membership(session, domain, read.Current[0]?.ModRevision ?? 0)).ConfigureAwait(false);
            if (written.Outcome is StoreOutcome.Ok or StoreOutcome.Unknown)
            {
                if (written.Outcome == StoreOutcome.Unknown)
                    continue;
                return domain;
            }

            if (written.Outcome != StoreOutcome.Conflict)
                return ToErrno(written);
            if (written.Current[0] is null)
                return Errno.ENOTCONN;
        }

        return Errno.EIO;
    }

    private StoreTransaction Membership(NodeSession session, LockDomain domain, long optionsRevision)
    {
        var writes = new List<StoreWrite> { StoreWrite.Put(Keys.Member(domain.Name, session.Id), System.Text.Encoding.UTF8.GetBytes(Options.Node)) };
        if (optionsRevision == 0)
            writes.Add(StoreWrite.Put(Keys.Domain(domain.Name), domain.Options.EncodeShared()));
        return new StoreTransaction([StoreCompare.Exists(Keys.Session(session.Id)), StoreCompare.At(Keys.Domain(domain.Name), optionsRevision)], writes);
    }

    private Errno ToErrno(in StoreResult result)
    {
        ReportStore(result);
        return result.Outcome switch
        {
            StoreOutcome.ReadOnly => Errno.EROFS,
            StoreOutcome.Refused => Errno.EACCES,
            StoreOutcome.Unavailable => Errno.ENOTCONN,
            _ => Errno.EIO,
        };
    }
}

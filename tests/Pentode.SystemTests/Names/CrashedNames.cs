using System.Globalization;
using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Postgres;
using Pentode.Names.Stores.Sqlite;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Names;

/// <summary>
/// A real daemon with a namespace over NFS, killed again and again under the changes of several clients, at a fault point of a commit or at any moment; or its database is. After each kill the
/// store is checked as <c>fsck</c> does, what the clients were told is compared with what is there, and the feed tells of each change once.
/// </summary>
internal sealed class CrashedNames : IDisposable
{
    private const int Clients = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly string[] s_points = ["commit.begin", "commit.job", "commit.before", "commit.after"];

    private readonly TemporaryDirectory _files;
    private readonly PostgresServer? _postgres;
    private readonly Random _random;
    private readonly RetryingClient[] _clients;
    private readonly Dictionary<CatalogEventKind, int> _events = [];
    private readonly Dictionary<CatalogEventKind, int> _before = [];
    private long _lastEvent;
    private PentodeProcess? _daemon;

    public CrashedNames(int seed, PostgresServer? postgres = null, bool hasVersion2 = true)
    {
        _files = new TemporaryDirectory(memory: true);
        _postgres = postgres;
        _random = new Random(seed);

        _clients = [.. Enumerable.Range(1, Clients).Select(i => new RetryingClient(i, (seed * 100) + i, hasVersion2))];
        var store = postgres is null ? $"path: {_files["names.db"]}" : $"postgres: \"{postgres.ConnectionString()}\"";
        File.WriteAllText(_files["pentode.yaml"], $$"""
            names: {{{store}}, exports: [{name: /fs, path: /, io: full}]}
            nfs: {listen: "127.0.0.1:0", state: {{_files["state"]}}}
            control: {socket: {{_files["control.sock"]}}}
            """);
    }

    /// <summary>Kills so far.</summary>
    public int Kills { get; private set; }

    /// <summary>Calls that were answered only after a kill.</summary>
    public int Retried => _clients.Sum(c => c.Retried);

    /// <summary>Answers that said "later".</summary>
    public int Postponed => _clients.Sum(c => c.Postponed);

    /// <summary>Calls answered.</summary>
    public int Answered => _clients.Sum(c => c.Answered);

    private string Plan => _files["plan"];

    /// <summary>First start.</summary>
    public async Task Prepare()
    {
        Start();
        foreach (var client in _clients)
            client.Prepare(Port);
        Assert.Equal(0, _daemon!.Terminate());
        await Check(isFirst: true);
        Start();
    }

    /// <summary>Changes, a kill of the daemon, a look at the store, the next start.</summary>
    public async Task KillDaemon()
    {
        var isAtPoint = _random.Next(4) != 0;
        using var stop = new CancellationTokenSource();
        var clients = Changes(stop);

        // One of four meets what the last one left: calls sent again, and the comparison.
        if (_random.Next(4) != 0)
            await UntilChanging(clients);
        if (isAtPoint)
            Arm("kill");

        // At any moment; or should the point not be reached.
        await Task.WhenAny(clients, Task.Delay(isAtPoint ? 3000 : _random.Next(300)));
        _daemon!.Dispose();
        _daemon = null;
        await stop.CancelAsync();
        await clients.WaitAsync(s_patience);
        File.Delete(Plan);
        Kills++;
        await Check();
        Start();
    }

    /// <summary>Changes, a kill of the database while the daemon is in the middle of a transaction or at any moment, and its return.</summary>
    public async Task KillDatabase()
    {
        var isAtPoint = _random.Next(4) != 0;
        using var stop = new CancellationTokenSource();
        var clients = Changes(stop);

        // What is compared is compared while the database is there.
        await UntilChanging(clients);
        if (isAtPoint)
            Arm("wait");
        var end = DateTime.UtcNow.AddMilliseconds(isAtPoint ? 3000 : _random.Next(300));
        while (DateTime.UtcNow < end && !File.Exists(Plan + ".hit"))
            await Task.Delay(1);
        _postgres!.Kill();
        File.Delete(Plan);
        File.Delete(Plan + ".hit");
        Kills++;
        _postgres.Restart();
        await Task.Delay(200);
        await stop.CancelAsync();
        await clients.WaitAsync(s_patience);
        await Check();
    }

    /// <summary>Everything is answered and compared, and the daemon ends in order.</summary>
    public async Task Finish()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Changes(stop);
        Assert.DoesNotContain(_clients, c => c.IsUnderWay);
        Assert.Equal(0, _daemon!.Terminate());
        await Check();
    }

    public void Dispose()
    {
        _daemon?.Dispose();
        _files.Dispose();
    }

    private int Port => _daemon!.Port("nfs");

    private void Start() => _daemon = PentodeProcess.Start(
        new Dictionary<string, string> { ["DOTNET_STARTUP_HOOKS"] = typeof(PentodeProcess).Assembly.Location, ["PENTODE_FAULT_PLAN"] = Plan, ["DOTNET_TieredPGO"] = "0" },
        "serve",
        _files["pentode.yaml"]);

    private void Arm(string action)
    {
        var inner = _postgres is null ? "sqlite.step" : "postgres.send";
        var isInner = _random.Next(2) == 0;
        var point = isInner ? inner : s_points[_random.Next(s_points.Length)];
        var count = 1 + _random.Next(_postgres is null && isInner ? 300 : isInner ? 80 : 30);
        File.WriteAllText(Plan + ".new", string.Create(CultureInfo.InvariantCulture, $"{point} {count} {action}"));
        File.Move(Plan + ".new", Plan, overwrite: true);
    }

    /// <summary>Runs the clients; one that finds a mistake stops the others.</summary>
    private Task Changes(CancellationTokenSource stop)
    {
        var port = Port;
        foreach (var client in _clients)
            client.Rest();
        return Task.WhenAll(_clients.Select(c => Task.Factory.StartNew(() => Run(c), default, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        void Run(RetryingClient client)
        {
            try
            {
                client.Run(port, stop.Token);
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }
    }

    private async Task UntilChanging(Task clients)
    {
        while (!clients.IsCompleted && !_clients.All(c => c.IsChanging))
            await Task.Delay(1);
    }

    /// <summary>A check of the store, and of the feed: each client may have a call under way, which was done or not.</summary>
    private async Task Check(bool isFirst = false)
    {
        await using var store = await Open();
        var report = await store.Check(repair: false, null, default);

        // Of a store that daemons share nobody ends what another daemon may hold open; that of a killed one stays for a day.
        Assert.DoesNotContain(report.Value.Problems, p => _postgres is null || p.Kind != CheckProblemKind.LeftOver);
        while (true)
        {
            var events = (await store.ListEvents(_lastEvent, 1000)).Value;
            foreach (var e in events.Where(e => e.Kind <= CatalogEventKind.Renamed))
                _events[e.Kind] = _events.GetValueOrDefault(e.Kind) + 1;
            if (events.Count == 0)
                break;
            _lastEvent = events[^1].Sequence;
        }

        for (var kind = CatalogEventKind.Created; kind <= CatalogEventKind.Renamed; kind++)
        {
            var told = _clients.Sum(c => c.Events.GetValueOrDefault(kind));
            var seen = _events.GetValueOrDefault(kind);
            if (isFirst)
                _before[kind] = seen - told;
            seen -= _before[kind];
            var underWay = _clients.Count(c => c.IsUnderWay);
            Assert.True(seen >= told && seen <= told + underWay, $"{kind}: {seen} events of {told} changes, {underWay} calls under way");
        }
    }

    private async Task<CatalogStore> Open()
    {
        if (_postgres is not null)
            return await PostgresCatalog.Open(_postgres.ConnectionString(), new CatalogOptions(), NullLog.Instance);
        return await SqliteCatalog.Open(_files["names.db"], new CatalogOptions(), NullLog.Instance);
    }
}

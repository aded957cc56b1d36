using System.Diagnostics;
using System.Globalization;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Manager;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Embedded;
using Pentode.Locks.Stores.Etcd;
using Pentode.Locks.Stores.Postgres;
using Pentode.Testing.Processes;

namespace Pentode.Nemesis;

/// <summary>
/// What locks cost on each store, as rows of a Markdown table: nodes of one process with a store client each, round trips counted by the nodes.
/// Fails when a hand-over takes more than <see cref="MostRoundTrips"/> or waiters do not get the lock in their order.
/// </summary>
internal sealed class Figures(string kind, Func<ILockStore> open, int rounds, int held, int waiters)
{
    private const int MostRoundTrips = 4;
    private const int Cached = 200_000;

    private readonly string _cluster = "figures" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
    private readonly List<ILockStore> _stores = [];
    private bool _isOk = true;

    /// <summary>Runs on those of embedded, etcd and postgres that are named, separated by commas; etcd and PostgreSQL are started here.</summary>
    public static async Task<int> RunAsync(string stores, int rounds, int held, int waiters)
    {
        Console.WriteLine("| store | operation | p50 ms | p99 ms | round trips each |");
        Console.WriteLine("|---|---|---|---|---|");
        var isOk = true;
        foreach (var store in stores.Split(','))
            isOk &= await RunOnAsync(store, rounds, held, waiters);
        return isOk ? 0 : 1;
    }

    private static async Task<bool> RunOnAsync(string store, int rounds, int held, int waiters)
    {
        switch (store)
        {
            case "embedded":
                using (var directory = new TemporaryDirectory())
                {
                    // One process has the journal: its nodes share it, as two mounts of one daemon do.
                    var journal = EmbeddedLockStore.Open(directory.Path, "figures" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture), NullLog.Instance, TimeProvider.System);
                    return await new Figures(store, () => journal, rounds, held, waiters).RunAsync();
                }

            case "etcd":
                using (var cluster = EtcdCluster.Start(new EtcdClusterOptions { Members = 3 }))
                {
                    var options = new EtcdOptions { Endpoints = [.. cluster.Endpoints], CallTimeoutMs = 5000 };
                    return await new Figures("etcd x3", () => new EtcdLockStore(options, NullLog.Instance), rounds, held, waiters).RunAsync();
                }

            case "postgres":
                using (var server = PostgresServer.Start(isDurable: true))
                {
                    var options = new PostgresOptions { ConnectionString = server.ConnectionString(), CallTimeoutMs = 5000 };
                    return await new Figures("PostgreSQL", () => new PostgresLockStore(options, NullLog.Instance), rounds, held, waiters).RunAsync();
                }

            default:
                throw new ArgumentException($"no such store: {store}");
        }
    }

    private ILockStore Store()
    {
        var store = open();
        if (!_stores.Contains(store))
            _stores.Add(store);
        return store;
    }

    private async Task<bool> RunAsync()
    {
        var nodes = new List<FiguresNode>();
        foreach (var name in (string[])["a", "b", "c"])
            nodes.Add(await FiguresNode.StartAsync(Store(), _cluster, name));
        await WarmAsync(nodes);
        await FreshAsync(nodes[0]);
        await CachedAsync(nodes[0]);
        await IdleAsync(nodes, 2);
        await IdleAsync(nodes, 3);
        await BusyAsync(nodes);
        await HoldAsync(nodes[0]);
        await QueueAsync();
        foreach (var node in nodes)
            await node.DisposeAsync();
        foreach (var store in _stores)
            await store.DisposeAsync();
        return _isOk;
    }

    // Code is compiled while it is first run.
    private static async Task WarmAsync(List<FiguresNode> nodes)
    {
        for (var i = 0; i < 300; i++)
            (await nodes[i % 3].AcquireAsync("warm")).Release();
    }

    private async Task FreshAsync(FiguresNode node)
    {
        var times = new List<double>();
        var before = node.RoundTrips;
        for (var i = 0; i < rounds; i++)
        {
            var clock = Stopwatch.GetTimestamp();
            var handle = await node.AcquireAsync($"f{i}");
            times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            handle.Release();
        }

        Print("a lock nobody has used", times, (double)(node.RoundTrips - before) / rounds);
    }

    private async Task CachedAsync(FiguresNode node)
    {
        (await node.AcquireAsync("f0")).Release();
        var before = node.RoundTrips;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Cached; i++)
            (await node.AcquireAsync("f0")).Release();
        Row("a lock that is cached", string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalMilliseconds / Cached:F5}"), "–", (double)(node.RoundTrips - before) / Cached);
    }

    private async Task IdleAsync(List<FiguresNode> nodes, int count)
    {
        var times = new List<double>();
        var name = string.Create(CultureInfo.InvariantCulture, $"idle{count}");
        for (var i = 0; i < count; i++)
            (await nodes[i].AcquireAsync(name)).Release();
        var before = nodes.Sum(static n => n.RoundTrips);
        for (var i = 0; i < rounds; i++)
        {
            var clock = Stopwatch.GetTimestamp();
            var handle = await nodes[i % count].AcquireAsync(name);
            times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            handle.Release();
        }

        PrintHandOver(string.Create(CultureInfo.InvariantCulture, $"hand-over among {count} nodes, lock idle"), times, (double)(nodes.Sum(static n => n.RoundTrips) - before) / rounds);
    }

    // The next node asks while the lock is in use: the hand-over is from the release to the grant.
    private async Task BusyAsync(List<FiguresNode> nodes)
    {
        var times = new List<double>();
        var handle = await nodes[0].AcquireAsync("busy");
        var before = nodes.Sum(static n => n.RoundTrips);
        for (var i = 1; i <= rounds; i++)
        {
            var next = nodes[i % 3].AcquireAsync("busy");
            await Task.Delay(5);
            var clock = Stopwatch.GetTimestamp();
            handle.Release();
            handle = await next;
            times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
        }

        handle.Release();
        PrintHandOver("hand-over among 3 nodes that ask while it is used, release to grant", times, (double)(nodes.Sum(static n => n.RoundTrips) - before) / rounds);
    }

    private async Task HoldAsync(FiguresNode node)
    {
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.GetTimestamp();
        var handles = new LockHandle[held];
        await Parallel.ForAsync(0, held, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) => handles[i] = await node.AcquireAsync($"h{i}"));
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var each = (GC.GetTotalMemory(forceFullCollection: true) - memory) / (double)held;
        clock = Stopwatch.GetTimestamp();
        foreach (var handle in handles)
            handle.Release();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {kind} | {held} locks taken by 64 tasks and held: {seconds:F2} s, {each:F0} bytes each; given back in {Stopwatch.GetElapsedTime(clock).TotalMilliseconds:F0} ms | | | |"));
    }

    private async Task QueueAsync()
    {
        // A domain of its own: its listing, which tells who waits, is then short.
        var store = Store();
        var first = await FiguresNode.StartAsync(store, _cluster, "first", "queue");
        var held = await first.AcquireAsync("queue");
        var nodes = new List<FiguresNode>();
        for (var i = 0; i < waiters; i++)
            nodes.Add(await FiguresNode.StartAsync(store, _cluster, string.Create(CultureInfo.InvariantCulture, $"w{i}"), "queue"));
        var order = new List<int>();
        var waits = new List<Task>();
        for (var i = 0; i < waiters; i++)
        {
            waits.Add(WaitAsync(i));
            // One after the other into the queue: the order is then known.
            while (await first.WaitingAsync("queue") <= i)
                await Task.Delay(1);
        }

        var before = nodes.Sum(static n => n.RoundTrips) + first.RoundTrips;
        var clock = Stopwatch.GetTimestamp();
        held.Release();
        await Task.WhenAll(waits);
        var each = Stopwatch.GetElapsedTime(clock).TotalMilliseconds / waiters;
        var trips = (double)(nodes.Sum(static n => n.RoundTrips) + first.RoundTrips - before) / waiters;
        var isInOrder = order.SequenceEqual(Enumerable.Range(0, waiters));
        _isOk &= isInOrder && trips <= MostRoundTrips;
        Row(string.Create(CultureInfo.InvariantCulture, $"{waiters} nodes in the queue of one lock served in {(isInOrder ? "their order" : "ANOTHER ORDER")}, mean"), string.Create(CultureInfo.InvariantCulture, $"{each:F2}"), "–", trips);
        foreach (var node in nodes.Append(first))
            await node.DisposeAsync();

        async Task WaitAsync(int number)
        {
            var handle = await nodes[number].AcquireAsync("queue");
            lock (order)
                order.Add(number);
            handle.Release();
        }
    }

    private void PrintHandOver(string what, List<double> milliseconds, double roundTrips)
    {
        _isOk &= roundTrips <= MostRoundTrips;
        Print(what, milliseconds, roundTrips);
    }

    private void Print(string what, List<double> milliseconds, double roundTrips)
    {
        milliseconds.Sort();
        Row(what, string.Create(CultureInfo.InvariantCulture, $"{milliseconds[milliseconds.Count / 2]:F2}"), string.Create(CultureInfo.InvariantCulture, $"{milliseconds[milliseconds.Count * 99 / 100]:F2}"), roundTrips);
    }

    private void Row(string what, string middle, string high, double roundTrips) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {kind} | {what} | {middle} | {high} | {roundTrips:F2} |"));
}

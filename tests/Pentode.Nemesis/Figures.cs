using System.Diagnostics;
using System.Globalization;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores.Etcd;

namespace Pentode.Nemesis;

/// <summary>Latencies and engine round trips of two and three nodes of one process on a cluster that runs.</summary>
internal static class Figures
{
    public static async Task<int> RunAsync(string endpoints, int rounds)
    {
        var options = new EtcdOptions { Endpoints = [.. endpoints.Split(',').Select(e => new Uri(e))], CallTimeoutMs = 5000 };
        var cluster = "figures" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var nodes = new List<Node>();
        foreach (var name in (string[])["a", "b", "c"])
            nodes.Add(await Node.StartAsync(options, cluster, name));

        var fresh = new List<double>();
        var before = nodes[0].RoundTrips;
        for (var i = 0; i < rounds; i++)
        {
            var clock = Stopwatch.GetTimestamp();
            var handle = await nodes[0].AcquireAsync($"f{i}");
            fresh.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            handle.Release();
        }

        Print("fresh lock", fresh, (double)(nodes[0].RoundTrips - before) / rounds);
        before = nodes[0].RoundTrips;
        var start = Stopwatch.GetTimestamp();
        const int cached = 200_000;
        for (var i = 0; i < cached; i++)
            (await nodes[0].AcquireAsync("f0")).Release();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cached lock: {cached / Stopwatch.GetElapsedTime(start).TotalSeconds:F0}/s, {nodes[0].RoundTrips - before} round trips in all"));

        for (var count = 2; count <= 3; count++)
        {
            var times = new List<double>();
            var lockName = "pingpong" + count.ToString(CultureInfo.InvariantCulture);
            (await nodes[0].AcquireAsync(lockName)).Release();
            for (var i = 1; i < count; i++)
                (await nodes[i].AcquireAsync(lockName)).Release();
            var total = nodes.Sum(n => n.RoundTrips);
            for (var i = 0; i < rounds; i++)
            {
                var clock = Stopwatch.GetTimestamp();
                var handle = await nodes[i % count].AcquireAsync(lockName);
                times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
                handle.Release();
            }

            Print($"contended hand-over, {count} nodes in turn, idle holder", times, (double)(nodes.Sum(n => n.RoundTrips) - total) / rounds);
        }

        {
            // The next node asks while the lock is in use: the hand-over is from the release to the grant.
            var times = new List<double>();
            var handle = await nodes[0].AcquireAsync("busy");
            var total = nodes.Sum(n => n.RoundTrips);
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
            Print("contended hand-over, 3 nodes in turn, asked while in use", times, (double)(nodes.Sum(n => n.RoundTrips) - total) / rounds);
        }

        foreach (var node in nodes)
            await node.DisposeAsync();
        return 0;
    }

    private static void Print(string what, List<double> milliseconds, double roundTrips)
    {
        milliseconds.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: p50 {milliseconds[milliseconds.Count / 2]:F2} ms, p99 {milliseconds[milliseconds.Count * 99 / 100]:F2} ms, {roundTrips:F2} engine round trips each"));
    }

    private sealed class Node(EtcdLockStore store, LockManager manager, LockDomain domain) : IAsyncDisposable
    {
        public long RoundTrips => manager.Counters.RoundTrips.Value;

        public static async Task<Node> StartAsync(EtcdOptions options, string cluster, string name)
        {
            var store = new EtcdLockStore(options, NullLog.Instance);
            var manager = new LockManager(store, new LockManagerOptions(cluster, name, new SessionTiming()), BootClock.Instance, NullLog.Instance, new MetricsRegistry(), NoLossActions.Instance);
            var error = await manager.StartAsync();
            var domain = await manager.JoinAsync(LockName.Of("figures"));
            return domain.IsOk ? new Node(store, manager, domain.Value) : throw new InvalidOperationException($"{error} {domain.Error} {manager.Problem}");
        }

        public async Task<LockHandle> AcquireAsync(string name)
        {
            var result = await domain.AcquireAsync(LockName.Of(name), new AcquireOptions(LockMode.Exclusive));
            return result.IsOk ? result.Value : throw new InvalidOperationException($"{name}: {result.Error}");
        }

        public async ValueTask DisposeAsync()
        {
            await manager.DisposeAsync();
            await store.DisposeAsync();
        }
    }
}

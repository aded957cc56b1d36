using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Pentode.Testing.Locks.Simulation;

namespace Pentode.Tests.Locks;

/// <summary>
/// The product's manager in simulated clusters, thousands of seeds. <c>PENTODE_LONG=1</c> runs 100000; <c>PENTODE_SEED=N</c> runs one, <c>PENTODE_SEED=N-M</c> those from N to M.
/// </summary>
public sealed class SimulationTests
{
    private const int Short = 1000;
    private const int Long = 100_000;
    private const int ProgressEvery = 1000;
    private static readonly TimeSpan s_shortBudget = TimeSpan.FromSeconds(15);

    [Fact]
    public void Seeds_keep_every_promise()
    {
        var (first, last) = Range();
        var isShort = last == Short - 1;
        var clock = Stopwatch.StartNew();
        var failures = new ConcurrentQueue<string>();
        long sections = 0, seeds = 0, events = 0, deadlocks = 0;
        var next = first - 1;
        Parallel.For(0, Environment.ProcessorCount, _ =>
        {
            // A loaded machine does fewer of the short form; the seeds are always the same ones from the first on.
            while (failures.IsEmpty && (!isShort || clock.Elapsed < s_shortBudget) && Interlocked.Increment(ref next) is var seed && seed <= last)
            {
                if (SimulatedCluster.Run(seed, out var cluster) is { } failure)
                    failures.Enqueue(failure);
                Interlocked.Add(ref sections, cluster.History.Count);
                Interlocked.Add(ref events, cluster.World.Events);
                Interlocked.Add(ref deadlocks, cluster.Deadlocks);
                if (Interlocked.Increment(ref seeds) % ProgressEvery == 0)
                    TestContext.Current.TestOutputHelper?.WriteLine($"{seeds} seeds from {first} on, {sections} requests, {deadlocks} deadlocks in {clock.ElapsedMilliseconds / 1000} s");
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{seeds} seeds, {sections} requests, {deadlocks} deadlocks, {events} events in {clock.ElapsedMilliseconds} ms");
        Assert.True(failures.IsEmpty, string.Join("\n", failures));
        Assert.True(isShort ? seeds > 0 : seeds == last - first + 1);
        Assert.True(sections > seeds);
        Assert.True(seeds < 50 || deadlocks > seeds / 10, $"{deadlocks} deadlocks in {seeds} seeds");
    }

    [Fact]
    public void A_seed_is_the_same_every_time()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            Assert.Null(SimulatedCluster.Run(seed, out var first));
            Assert.Null(SimulatedCluster.Run(seed, out var second));
            Assert.Equal(first.World.Events, second.World.Events);
            Assert.Equal(first.History, second.History);
        }
    }

    [Fact]
    public void Without_the_upgrade_rule_seeds_fail()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            if (SimulatedCluster.Run(seed, out _, omitUpgradeRule: true) is { } failure && failure.Contains("waits do not end", StringComparison.Ordinal))
                return;
        }

        Assert.Fail("the simulation does not notice that the upgrade rule is missing");
    }

    private static (int First, int Last) Range()
    {
        if (Environment.GetEnvironmentVariable("PENTODE_SEED") is not { Length: > 0 } asked)
            return (0, (Environment.GetEnvironmentVariable("PENTODE_LONG") == "1" ? Long : Short) - 1);
        var words = asked.Split('-');
        return (int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[^1], CultureInfo.InvariantCulture));
    }
}

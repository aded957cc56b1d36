using System.Collections.Concurrent;
using System.Diagnostics;
using Pentode.Testing.Locks.Simulation;

namespace Pentode.Tests.Locks;

/// <summary>The product's manager in simulated clusters, thousands of seeds. <c>PENTODE_LONG=1</c> runs 100000; <c>PENTODE_SEED=N</c> runs one.</summary>
public sealed class SimulationTests
{
    private const int Short = 1000;
    private const int Long = 100_000;
    private static readonly TimeSpan s_shortBudget = TimeSpan.FromSeconds(15);

    [Fact]
    public void Seeds_keep_every_promise()
    {
        if (Environment.GetEnvironmentVariable("PENTODE_SEED") is { Length: > 0 } one)
        {
            var failed = SimulatedCluster.Run(int.Parse(one), out _);
            Assert.True(failed is null, failed);
            return;
        }

        var isLong = Environment.GetEnvironmentVariable("PENTODE_LONG") == "1";
        var clock = Stopwatch.StartNew();
        var failures = new ConcurrentQueue<string>();
        long sections = 0, seeds = 0, events = 0, deadlocks = 0;
        Parallel.For(0, isLong ? Long : Short, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (seed, state) =>
        {
            // A loaded machine does fewer; the seeds are always the same ones from the first on.
            if (state.ShouldExitCurrentIteration || (!isLong && clock.Elapsed > s_shortBudget))
                return;
            if (SimulatedCluster.Run(seed, out var cluster) is { } failure)
            {
                failures.Enqueue(failure);
                state.Stop();
            }

            Interlocked.Add(ref sections, cluster.History.Count);
            Interlocked.Add(ref events, cluster.World.Events);
            Interlocked.Add(ref deadlocks, cluster.Deadlocks);
            Interlocked.Increment(ref seeds);
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{seeds} seeds, {sections} requests, {deadlocks} deadlocks, {events} events in {clock.ElapsedMilliseconds} ms");
        Assert.True(failures.IsEmpty, string.Join("\n", failures));
        Assert.True(seeds > 0 && sections > seeds);
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
}

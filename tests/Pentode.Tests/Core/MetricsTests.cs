using Pentode.Core;
using Pentode.Core.Diagnostics;

namespace Pentode.Tests.Core;

public sealed class MetricsTests
{
    [Fact]
    public void Nothing_is_lost_when_many_threads_count()
    {
        var metrics = new MetricsRegistry();
        const int Threads = 8, Rounds = 20_000;
        using var barrier = new Barrier(Threads);
        var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            barrier.SignalAndWait();
            for (var i = 0; i < Rounds; i++)
            {
                // Looked up each time, so that creation races too.
                metrics.Counter($"pentode.test.{i % 50}", "Help.").Add();
                metrics.Counter("pentode.test.all", "Help.").Add(2);
                if (i % 1000 == 0)
                    metrics.Gauge($"pentode.gauge.{t}", "Help.", () => i);
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        var last = 0L;
        while (threads.Any(t => t.IsAlive))
        {
            // Reading while they count: never fails, never goes back.
            var now = metrics.Snapshot().Where(p => p.Key == "pentode.test.all").Select(p => p.Value).SingleOrDefault();
            Assert.True(now >= last);
            last = now;
            Assert.DoesNotContain("\n\n", metrics.ToPrometheusText(), StringComparison.Ordinal);
        }

        foreach (var thread in threads)
            thread.Join();
        Assert.Equal(2L * Threads * Rounds, metrics.Counter("pentode.test.all", "Help.").Value);
        for (var i = 0; i < 50; i++)
            Assert.Equal(Threads * Rounds / 50, metrics.Counter($"pentode.test.{i}", "Help.").Value);
        Assert.Same(metrics.Counter("pentode.test.1", "Help."), metrics.Counter("pentode.test.1", "Other."));
    }

    [Fact]
    public void Snapshot_is_sorted_and_gauges_are_read_when_asked()
    {
        var metrics = new MetricsRegistry();
        var value = 1L;
        metrics.Gauge("b", "B.", () => value);
        metrics.Counter("c", "C.").Add(5);
        metrics.Counter("a", "A.");
        value = 7;
        Assert.Equal(["a=0", "b=7", "c=5"], metrics.Snapshot().Select(p => $"{p.Key}={p.Value}"));
        metrics.Gauge("b", "B.", () => 8);
        Assert.Equal(8, metrics.Snapshot().Single(p => p.Key == "b").Value);
    }

    [Fact]
    public void Fault_point_that_is_disarmed_while_it_is_asked_does_not_fail()
    {
        var point = new FaultPoint("test.race");
        var isOn = true;
        var asker = new Thread(() =>
        {
            while (Volatile.Read(ref isOn))
                Assert.Contains(point.Check(), new[] { Errno.None, Errno.EIO });
        });
        asker.Start();
        for (var i = 0; i < 20_000; i++)
        {
            using (point.Arm(static () => Errno.EIO))
                Assert.Equal(Errno.EIO, point.Check());
            Assert.Equal(Errno.None, point.Check());
        }

        Volatile.Write(ref isOn, false);
        asker.Join();
    }
}

using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Diagnostics;

namespace Pentode.Tests.Core;

public sealed class CoreTests
{
    [Fact]
    public void A_result_holds_a_value_or_an_error()
    {
        Result<int> good = 5;
        Result<int> bad = Errno.ENOENT;
        Assert.True(good.IsOk);
        Assert.Equal(5, good.Value);
        Assert.Equal(Errno.ENOENT, bad.Error);
        Assert.Throws<InvalidOperationException>(() => bad.Value);
    }

    [Theory]
    [InlineData(Errno.EPERM, 1)]
    [InlineData(Errno.EAGAIN, 11)]
    [InlineData(Errno.EDEADLK, 35)]
    [InlineData(Errno.ENODATA, 61)]
    [InlineData(Errno.EOPNOTSUPP, 95)]
    [InlineData(Errno.ESTALE, 116)]
    [InlineData(Errno.ECANCELED, 125)]
    public void Error_numbers_are_those_of_Linux(Errno errno, int number) => Assert.Equal(number, (int)errno);

    [Fact]
    public void A_bounded_queue_keeps_order_and_refuses_when_full()
    {
        var queue = new BoundedQueue<int>(3);
        Assert.True(queue.TryEnqueue(1));
        Assert.True(queue.TryEnqueue(2));
        Assert.True(queue.TryDequeue(out var item));
        Assert.Equal(1, item);
        Assert.True(queue.TryEnqueue(3));
        Assert.True(queue.TryEnqueue(4));
        Assert.False(queue.TryEnqueue(5));
        Assert.Equal(3, queue.Count);
        Assert.True(queue.TryDequeue(out item));
        Assert.Equal(2, item);
    }

    [Fact]
    public void Metrics_are_written_for_Prometheus()
    {
        var metrics = new MetricsRegistry();
        metrics.Counter("pentode.test.requests", "Requests.").Add(3);
        metrics.Gauge("pentode.test.open", "Open.", () => 7);
        Assert.Equal(
            "# HELP pentode_test_requests_total Requests.\n# TYPE pentode_test_requests_total counter\npentode_test_requests_total 3\n" +
            "# HELP pentode_test_open Open.\n# TYPE pentode_test_open gauge\npentode_test_open 7\n",
            metrics.ToPrometheusText());
    }

    [Fact]
    public void A_fault_point_injects_only_while_armed()
    {
        var point = new FaultPoint("test");
        Assert.Equal(Errno.None, point.Check());
        using (point.Arm(() => Errno.EIO))
            Assert.Equal(Errno.EIO, point.Check());
        Assert.Equal(Errno.None, point.Check());
    }

    [Fact]
    public void Credentials_compare_by_content()
    {
        Assert.Equal(new Credentials(1, 2, [3, 4]), new Credentials(1, 2, [3, 4]));
        Assert.NotEqual(new Credentials(1, 2, [3]), new Credentials(1, 2, [4]));
        Assert.True(new Credentials(1, 2, [3]).IsInGroup(3));
    }
}

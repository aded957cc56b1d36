using Pentode.Core;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

public sealed class TimerTests
{
    [Theory, ClassData(typeof(Engines))]
    public Task Timers_run_in_order_and_never_early(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var random = new Random(3);
        var order = new List<(long Deadline, int Number)>();
        var pending = 500;
        var all = new TaskCompletionSource();
        var early = 0;
        var start = loop.NowMs;
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var i = 0; i < 500; i++)
        {
            var delay = random.Next(40);
            var number = i;
            loop.Delay(delay, new Called(result =>
            {
                Assert.Equal(0, result);
                order.Add((delay, number));
                if (System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds + 1 < delay)
                    early++;
                if (--pending == 0)
                    all.SetResult();
            }));
        }

        await all.Task;
        Assert.Equal(0, early);
        Assert.True(loop.NowMs >= start + 39);

        // All were added within one turn: equal deadlines keep the order of adding, up to the tick of the clock in between.
        Assert.Equal(order.Select(o => o.Number).Order(), Enumerable.Range(0, 500));
        for (var i = 1; i < order.Count; i++)
            Assert.True(order[i].Deadline >= order[i - 1].Deadline - 50);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Zero_negative_and_endless_delays(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        Assert.Equal(0, await loop.DelayAsync(0));
        Assert.Equal(0, await loop.DelayAsync(-5));
        var endless = new Outcome();
        loop.Delay(long.MaxValue, endless);
        Assert.Equal(0, await loop.DelayAsync(1));
        Assert.True(endless.IsPending);
        loop.Cancel(endless);
        Assert.True(endless.IsPending);
        Assert.Equal(-(int)Errno.ECANCELED, await endless.Task);
        loop.Cancel(endless);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Timer_started_from_a_timer_waits_for_its_own_time(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var ticks = 0;
        var done = new TaskCompletionSource();
        Called tick = null!;
        tick = new Called(_ =>
        {
            if (++ticks == 20)
                done.SetResult();
            else
                loop.Delay(1, tick);
        });
        var before = System.Diagnostics.Stopwatch.GetTimestamp();
        loop.Delay(1, tick);
        await done.Task;
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(before).TotalMilliseconds >= 15);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Queue_behaves_like_a_sorted_list(int seed)
    {
        var random = new Random(seed);
        var queue = new TimerQueue();
        var model = new List<(long Deadline, long Number, IoCompletion Item)>();
        var number = 0L;
        var now = 0L;
        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(4))
            {
                case 0 or 1:
                    var item = new Outcome();
                    var deadline = now + random.Next(100);
                    queue.Add(deadline, item);
                    model.Add((deadline, ++number, item));
                    break;
                case 2 when model.Count > 0:
                    var index = random.Next(model.Count);
                    Assert.True(queue.Remove(model[index].Item));
                    Assert.False(queue.Remove(model[index].Item));
                    model.RemoveAt(index);
                    break;
                default:
                    now += random.Next(20);
                    while (queue.TryTakeDue(now, out var due))
                    {
                        var first = model.MinBy(m => (m.Deadline, m.Number));
                        Assert.Same(first.Item, due);
                        Assert.True(first.Deadline <= now);
                        model.Remove(first);
                    }

                    break;
            }

            Assert.Equal(model.Count, queue.Count);
            if (step % 50 == 0)
                Assert.Equal(model.Count == 0 ? long.MaxValue : model.Min(m => m.Deadline), queue.NextDeadline);
        }
    }

    private sealed class Called(Action<int> action) : IoCompletion
    {
        public override void Complete(int result) => action(result);
    }
}

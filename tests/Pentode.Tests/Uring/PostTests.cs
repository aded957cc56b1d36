using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>Work handed from thread to thread.</summary>
public sealed class PostTests
{
    private const int Messages = 5000;

    [Theory]
    [InlineData("ring", "ring")]
    [InlineData("ring", "portable")]
    [InlineData("portable", "portable")]
    public async Task Two_loops_and_two_threads_post_to_each_other_under_load(string first, string second)
    {
        IoLoop[] loops = [EngineHost.Start(first), EngineHost.Start(second)];

        // One list for each target and producer; touched by the target's loop only.
        var seen = new List<int>[2, 3];
        for (var target = 0; target < 2; target++)
        {
            for (var producer = 0; producer < 3; producer++)
                seen[target, producer] = [];
        }

        var arrived = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Send(int target, int producer, int number) => loops[target].Post(_ =>
        {
            Assert.True(loops[target].IsCurrent);
            seen[target, producer].Add(number);
            if (Interlocked.Increment(ref arrived) == 4 * Messages)
                all.SetResult();
        });

        var threads = Enumerable.Range(0, 2).Select(producer => new Thread(() =>
        {
            for (var i = 0; i < Messages; i++)
                Send(i % 2, producer, i);
        })).ToArray();

        // Each loop posts to itself and to the other, a few at a time, so that posts come while the other is at work.
        for (var number = 0; number < 2; number++)
        {
            var own = number;
            var next = 0;
            void Step(object? state)
            {
                for (var i = 0; i < 10 && next < Messages; i++, next++)
                    Send(next % 2 == 0 ? own : 1 - own, 2, own * Messages + next);
                if (next < Messages)
                    loops[own].Post(Step);
            }

            loops[own].Post(Step);
        }

        foreach (var thread in threads)
            thread.Start();
        await all.Task.WaitAsync(EngineHost.Limit);
        foreach (var thread in threads)
            thread.Join();
        foreach (var loop in loops)
            await loop.StopAsync().WaitAsync(EngineHost.Limit);
        for (var target = 0; target < 2; target++)
        {
            for (var producer = 0; producer < 2; producer++)
                Assert.Equal(Enumerable.Range(0, Messages).Where(n => n % 2 == target), seen[target, producer]);
            for (var own = 0; own < 2; own++)
            {
                var numbers = seen[target, 2].Where(n => n / Messages == own).Select(n => n % Messages).ToArray();
                Assert.Equal(numbers.Order(), numbers);
                Assert.Equal(Messages / 2, numbers.Length);
            }
        }
    }

    [Theory, ClassData(typeof(Engines))]
    public async Task Posts_during_a_stop_run_or_are_dropped_but_nothing_hangs(string engine)
    {
        for (var round = 0; round < 20; round++)
        {
            var loop = EngineHost.Start(engine);
            var ran = 0;
            using var go = new ManualResetEventSlim();
            var poster = new Thread(() =>
            {
                go.Wait();
                for (var i = 0; i < 500; i++)
                    loop.Post(_ => ran++);
            });
            poster.Start();
            go.Set();
            var stopping = loop.StopAsync();
            poster.Join();
            await stopping.WaitAsync(EngineHost.Limit);
            var after = ran;
            loop.Post(_ => ran++);
            Assert.Equal(after, ran);
        }
    }

    [Theory, ClassData(typeof(Engines))]
    public Task Foreign_tasks_come_back_to_the_loop(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        for (var i = 0; i < 50; i++)
        {
            Assert.False(await Task.Run(() => loop.IsCurrent));
            Assert.True(loop.IsCurrent);
            Assert.Same(loop, IoLoop.Current);
        }
    });

    [Theory, ClassData(typeof(Engines))]
    public async Task Operations_off_the_loop_are_refused(string engine)
    {
        var loop = EngineHost.Start(engine);
        var outcome = new Outcome();
        Assert.Throws<InvalidOperationException>(() => loop.Delay(1, outcome));
        Assert.Throws<InvalidOperationException>(() => loop.Read(0, EngineHost.Pinned(1), 0, outcome));
        Assert.Throws<InvalidOperationException>(() => loop.RunBlocking(static _ => 0, null, outcome));
        Assert.False(outcome.IsPending);
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
    }
}

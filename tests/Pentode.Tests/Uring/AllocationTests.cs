using Pentode.Linux;
using Pentode.Testing.Processes;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>Steady state allocates nothing on the loop thread.</summary>
public sealed class AllocationTests
{
    private const int Warm = 500;
    private const int Rounds = 2000;

    // Less than one byte an operation; tiering of the runtime may allocate a little on any thread.
    private const long Slack = 1500;

    [Theory, ClassData(typeof(Engines))]
    public Task Send_and_receive(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        byte[] one = EngineHost.Pinned(64), two = EngineHost.Pinned(64);
        var measuring = new Measuring();
        measuring.Next = () => loop.Send(a, one, measuring.First);
        measuring.Then = () => loop.Receive(b, two, measuring.Second);
        Assert.InRange(await measuring.RunAsync(), 0, Slack);
        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Vectored_send(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        var source = EngineHost.Pinned(256);
        var parts = Enumerable.Range(0, 8).Select(i => (ReadOnlyMemory<byte>)source.AsMemory(i * 32, 32)).ToArray();
        var target = EngineHost.Pinned(256);
        var measuring = new Measuring();
        measuring.Next = () => loop.SendVectored(a, parts, measuring.First);
        measuring.Then = () => loop.Receive(b, target, measuring.Second, waitAll: true);
        Assert.InRange(await measuring.RunAsync(), 0, Slack);
        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Receive_that_waits(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var (a, b) = Sockets.Pair();
        byte[] one = EngineHost.Pinned(64), two = EngineHost.Pinned(64);
        var measuring = new Measuring();
        var sent = new Ignored();
        measuring.Next = () =>
        {
            loop.Receive(b, two, measuring.First);
            loop.Send(a, one, sent);
        };
        measuring.Then = () => loop.Poll(a, 4, measuring.Second);
        Assert.InRange(await measuring.RunAsync(), 0, Slack);
        loop.Close(a);
        loop.Close(b);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task File_operations(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        using var directory = new TemporaryDirectory(memory: true);
        var file = FileCalls.Open(directory["file"], FileCalls.O_RDWR | FileCalls.O_CREAT, 0x180);
        byte[] one = EngineHost.Pinned(4096), two = EngineHost.Pinned(4096);
        var measuring = new Measuring();
        measuring.Next = () => loop.Write(file, one, 0, dataSync: false, measuring.First);
        measuring.Then = () => loop.Read(file, two, 0, measuring.Second);
        Assert.InRange(await measuring.RunAsync(), 0, Slack);
        loop.Close(file);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Timers_jobs_and_turn_ends(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var turnEnd = new Nothing();
        Func<object?, int> job = static _ => 0;
        var measuring = new Measuring();
        measuring.Next = () =>
        {
            loop.AtTurnEnd(turnEnd);
            loop.AtTurnEnd(turnEnd);
            loop.Delay(0, measuring.First);
        };
        measuring.Then = () => loop.RunBlocking(job, null, measuring.Second);
        Assert.InRange(await measuring.RunAsync(), 0, Slack);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Awaited_operations(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        using var directory = new TemporaryDirectory(memory: true);
        var file = FileCalls.Open(directory["file"], FileCalls.O_RDWR | FileCalls.O_CREAT, 0x180);
        var data = EngineHost.Pinned(512);
        var before = 0L;
        for (var i = 0; i < Warm + Rounds; i++)
        {
            if (i == Warm)
                before = GC.GetAllocatedBytesForCurrentThread();
            _ = await loop.WriteAsync(file, data, 0, dataSync: false);
            _ = await loop.ReadAsync(file, data, 0);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Slack);
        loop.Close(file);
    });

    private sealed class Measuring
    {
        private readonly TaskCompletionSource<long> _done = new();
        private int _rounds;
        private long _before;

        public Measuring()
        {
            First = new Step(() => Then());
            Second = new Step(Turn);
        }

        public Action Next { get; set; } = null!;

        public Action Then { get; set; } = null!;

        public IoCompletion First { get; }

        public IoCompletion Second { get; }

        public Task<long> RunAsync()
        {
            Next();
            return _done.Task;
        }

        private void Turn()
        {
            if (++_rounds == Warm)
                _before = GC.GetAllocatedBytesForCurrentThread();
            if (_rounds == Warm + Rounds)
                _done.SetResult(GC.GetAllocatedBytesForCurrentThread() - _before);
            else
                Next();
        }
    }

    private sealed class Step(Action then) : IoCompletion
    {
        public override void Complete(int result)
        {
            // No Assert here: it allocates.
            if (result < 0)
                throw new InvalidOperationException($"gave {result}");
            then();
        }
    }

    private sealed class Ignored : IoCompletion
    {
        public override void Complete(int result)
        {
        }
    }

    private sealed class Nothing : ITurnEnd
    {
        public void OnTurnEnd()
        {
        }
    }
}

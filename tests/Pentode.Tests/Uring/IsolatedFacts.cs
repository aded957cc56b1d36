using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;
using Pentode.Uring;
using Pentode.Uring.Ring;

namespace Pentode.Tests.Uring;

/// <summary>Tests that change limits, filters or signals of their whole process; run by <see cref="IsolatedTests"/>, each in a process of its own.</summary>
public sealed class IsolatedFacts
{
    public const string ArgumentVariable = "PENTODE_ISOLATED_ARGUMENT";

    private static string Argument => Environment.GetEnvironmentVariable(ArgumentVariable) ?? "";

    [Fact(Explicit = true)]
    public Task Accepting_goes_on_after_descriptors_ran_out() => EngineHost.RunAsync(Argument, async loop =>
    {
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var address = Sockets.TcpAddress("127.0.0.1", Sockets.LocalPort(listener));
        var clients = new List<int>();
        for (var i = 0; i < 6; i++)
        {
            clients.Add(Sockets.CreateTcp().Value);
            Assert.Equal(0, await loop.ConnectAsync(clients[^1], address));
        }

        // Room for three more: accepting takes them, then fails with EMFILE, pauses, and takes the rest once there is room.
        var old = ProcessLimits.Get(ProcessLimits.OpenFiles);
        var free = LowestFree();
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, (ulong)free + 3);
        var log = new AcceptLog();
        loop.Accept(listener, log);
        await log.CountAsync(3);
        var processor = Environment.CpuUsage.TotalTime;
        await loop.DelayAsync(300);
        processor = Environment.CpuUsage.TotalTime - processor;
        Assert.Equal(3, log.Sockets.Count);
        Assert.False(log.Ended.Task.IsCompleted);
        Assert.True(processor < TimeSpan.FromMilliseconds(200), $"the loop spins: {processor}");
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, old.Soft);
        await log.CountAsync(6);
        loop.StopAccepting(listener);
        Assert.Equal(0, await log.Ended.Task);

        // And a listener that is stopped while it pauses ends.
        clients.Add(Sockets.CreateTcp().Value);
        Assert.Equal(0, await loop.ConnectAsync(clients[^1], address));
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, (ulong)LowestFree());
        var none = new AcceptLog();
        loop.Accept(listener, none);
        await loop.DelayAsync(20);
        loop.StopAccepting(listener);
        Assert.Equal(0, await none.Ended.Task);
        Assert.Empty(none.Sockets);
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, old.Soft);
        log.CloseAll();
        clients.ForEach(loop.Close);
        loop.Close(listener);
    });

    [Fact(Explicit = true)]
    public async Task Stopped_loops_leave_no_descriptors()
    {
        string[] engines = RingLoop.IsSupported ? ["ring", "portable"] : ["portable"];
        foreach (var engine in engines)
        {
            var before = 0;
            for (var round = 0; round < 6; round++)
            {
                await OnceAsync(engine);
                if (round == 0)
                    before = OpenDescriptors();
            }

            Assert.Equal(before, OpenDescriptors());
        }
    }

    [Fact(Explicit = true)]
    public void Filter_that_refuses_io_uring_means_the_portable_engine()
    {
        // 1 is EPERM (container runtimes), 38 ENOSYS (old ones). The filter holds for this thread and those it starts.
        var error = int.Parse(Argument, System.Globalization.CultureInfo.InvariantCulture);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.SkipUnless(ProcessLimits.RefuseRings(error), "no seccomp here");
                Assert.Equal((Errno)error, MappedRing.Create(8, 16).Error);
                Assert.False(RingLoop.IsSupported);
                Assert.Contains(((Errno)error).ToString(), Assert.Throws<InvalidOperationException>(new RingLoop(new LoopOptions()).Start).Message);
                var loop = LoopFactory.Create("auto", new LoopOptions());
                Assert.Equal("portable", loop.Engine);
                loop.Start();
                loop.StopAsync().GetAwaiter().GetResult();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw failure;
    }

    [Fact(Explicit = true)]
    public void Little_lockable_memory_makes_smaller_rings()
    {
        Assert.SkipUnless(RingLoop.IsSupported, "this kernel does not let us use io_uring");
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                // A user without CAP_IPC_LOCK is charged; the change holds for this thread and those it starts.
                Assert.SkipUnless(ProcessLimits.BecomeNobody(), "needs root");
                ProcessLimits.SetSoft(ProcessLimits.LockedMemory, 64 << 10);
                var made = MappedRing.Create(512, 4096);
                Assert.SkipWhen(made.IsOk && made.Value.SubmissionEntries == 512, "this kernel does not charge rings");
                Assert.Equal(Errno.None, made.Error);
                Assert.InRange(made.Value.SubmissionEntries, 32u, 256u);
                made.Value.Dispose();
                for (var i = 0; i < 5; i++)
                {
                    // The memory of the ring before comes back late.
                    var loop = new RingLoop(new LoopOptions());
                    loop.Start();
                    loop.StopAsync().GetAwaiter().GetResult();
                }

                ProcessLimits.SetSoft(ProcessLimits.LockedMemory, 4 << 10);
                Assert.Equal(Errno.ENOMEM, MappedRing.Create(512, 4096).Error);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw failure;
    }

    [Fact(Explicit = true)]
    public async Task Signals_do_not_disturb_the_loops()
    {
        string[] engines = RingLoop.IsSupported ? ["ring", "portable"] : ["portable"];
        foreach (var engine in engines)
        {
            var threadId = 0;
            var traffic = 0;
            using var stop = new ManualResetEventSlim();
            await EngineHost.RunAsync(engine, async loop =>
            {
                threadId = ProcessLimits.ThreadId();
                var sender = new Thread(() =>
                {
                    // SIGCHLD has a handler in this runtime and does nothing without a child: it only interrupts.
                    while (!stop.IsSet)
                    {
                        ProcessLimits.Signal(threadId, 17);
                        Thread.Sleep(0);
                    }
                });
                sender.Start();
                var (a, b) = Sockets.Pair();
                byte[] data = EngineHost.PinnedRandom(50_000, 1), got = EngineHost.Pinned(data.Length);
                for (var i = 0; i < 200; i++)
                {
                    var sending = loop.SendAsync(a, data).AsTask();
                    Assert.Equal(got.Length, await loop.ReceiveAsync(b, got, waitAll: true));
                    Assert.Equal(data.Length, await sending);
                    Assert.Equal(data, got);
                    if (i % 20 == 0)
                        Assert.Equal(0, await loop.DelayAsync(2));
                    traffic++;
                }

                stop.Set();
                sender.Join();
                loop.Close(a);
                loop.Close(b);
            });
            Assert.Equal(200, traffic);
        }
    }

    private static async Task OnceAsync(string engine)
    {
        var loop = EngineHost.Start(engine);
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var log = new AcceptLog();
        var client = Sockets.CreateTcp().Value;
        var (a, b) = Sockets.Pair();
        await EngineHost.OnAsync(loop, async _ =>
        {
            loop.Accept(listener, log);
            Assert.Equal(0, await loop.ConnectAsync(client, Sockets.TcpAddress("127.0.0.1", Sockets.LocalPort(listener))));
            await log.CountAsync(1);
            loop.Receive(a, EngineHost.Pinned(1), new Outcome());
            loop.Send(b, EngineHost.Pinned(4 << 20), new Outcome());
            loop.Delay(60_000, new Outcome());
            loop.RunBlocking(static _ => 1, null, new Outcome());
        });
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
        log.CloseAll();
        foreach (var descriptor in new[] { a, b, client, listener })
            Assert.Equal(0, FileCalls.Close(descriptor));
    }

    private static int OpenDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static int LowestFree()
    {
        var file = FileCalls.Open("/dev/null", FileCalls.O_RDONLY);
        FileCalls.Close(file);
        return file;
    }
}

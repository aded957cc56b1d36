using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;
using Pentode.Uring;
using Pentode.Uring.Ring;

namespace Pentode.Tests.Uring;

/// <summary>Set-up of a ring: every rung of the ladder works, and what ends the ladder is said.</summary>
public sealed class LadderTests
{
    private const uint Common = RingConstants.SetupCqSize | RingConstants.SetupClamp;

    [Theory]
    [InlineData(0, Common | RingConstants.SetupSubmitAll | RingConstants.SetupSingleIssuer | RingConstants.SetupDeferTaskrun | RingConstants.SetupNoSqArray)]
    [InlineData(1, Common | RingConstants.SetupSubmitAll | RingConstants.SetupSingleIssuer | RingConstants.SetupDeferTaskrun)]
    [InlineData(2, Common | RingConstants.SetupSubmitAll | RingConstants.SetupSingleIssuer | RingConstants.SetupCoopTaskrun | RingConstants.SetupTaskrunFlag)]
    [InlineData(3, Common | RingConstants.SetupSubmitAll | RingConstants.SetupCoopTaskrun | RingConstants.SetupTaskrunFlag)]
    [InlineData(4, Common)]
    public void Rung_has_its_flags(int rung, uint flags)
    {
        using var refusing = Refuse($"rung-{rung}", Errno.EINVAL, rung);
        var seen = OnThread($"rung-{rung}", () =>
        {
            var made = MappedRing.Create(16, 64);
            if (!made.IsOk)
                return (made.Error, 0u, 0u, 0u);
            using var ring = made.Value;
            return (Errno.None, ring.SetupFlags, ring.SubmissionEntries, ring.CompletionEntries);
        });
        Assert.SkipWhen(seen.Item1 is Errno.EPERM or Errno.ENOSYS or Errno.EINVAL, "this kernel does not have this rung");
        Assert.Equal((Errno.None, flags, 16u, 64u), seen);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Loop_works_on_every_rung(int rung)
    {
        using var refusing = Refuse($"loop-{rung}", Errno.EINVAL, rung);
        await EngineHost.RunAsync("ring", async loop =>
        {
            var (a, b) = Sockets.Pair();
            byte[] data = EngineHost.PinnedRandom(300_000, rung), got = EngineHost.Pinned(data.Length);
            var sending = loop.SendAsync(a, data).AsTask();
            Assert.Equal(got.Length, await loop.ReceiveAsync(b, got, waitAll: true));
            Assert.Equal(data.Length, await sending);
            Assert.Equal(data, got);
            Assert.Equal(0, await loop.DelayAsync(2));
            Assert.Equal(7, await loop.RunBlockingAsync(static _ => 7, null));
            var waiting = new Outcome();
            loop.Receive(b, got, waiting);
            loop.Cancel(waiting);
            Assert.Equal(-(int)Errno.ECANCELED, await waiting.Task);
            loop.Close(a);
            loop.Close(b);
        }, new LoopOptions { Name = $"loop-{rung}" });
    }

    [Theory]
    [InlineData(Errno.ENOSYS)]
    [InlineData(Errno.EPERM)]
    [InlineData(Errno.EINVAL)]
    [InlineData(Errno.ENOMEM)]
    public async Task Refusal_is_told_by_Start(Errno error)
    {
        var name = $"refused-{error}";
        var attempts = 0;
        using var refusing = MappedRing.SetupFault.Arm(() => Thread.CurrentThread.Name == name && ++attempts > 0 ? error : Errno.None);
        var loop = new RingLoop(new LoopOptions { Name = name });
        Assert.Contains(error.ToString(), Assert.Throws<InvalidOperationException>(loop.Start).Message, StringComparison.Ordinal);
        Assert.True(error is Errno.ENOSYS or Errno.EPERM ? attempts == 1 : attempts >= 5);
        await loop.StopAsync().WaitAsync(EngineHost.Limit);
    }

    [Fact]
    public void Memory_that_comes_back_late_is_waited_for()
    {
        using var refusing = Refuse("late", Errno.ENOMEM, 4);
        var entries = OnThread("late", () =>
        {
            var made = MappedRing.Create(512, 4096);
            if (!made.IsOk)
                return (0u, 0u);
            using var ring = made.Value;
            return (ring.SubmissionEntries, ring.CompletionEntries);
        });
        Assert.SkipUnless(RingLoop.IsSupported, "this kernel does not let us use io_uring");
        Assert.Equal((512u, 4096u), entries);
    }

    [Fact]
    public void Memory_that_stays_short_makes_smaller_queues()
    {
        using var refusing = Refuse("short", Errno.ENOMEM, 12);
        var entries = OnThread("short", () =>
        {
            var made = MappedRing.Create(512, 4096);
            if (!made.IsOk)
                return (0u, 0u);
            using var ring = made.Value;
            return (ring.SubmissionEntries, ring.CompletionEntries);
        });
        Assert.SkipUnless(RingLoop.IsSupported, "this kernel does not let us use io_uring");
        Assert.Equal((128u, 1024u), entries);
    }

    [Fact]
    public void Factory_refuses_unknown_engines() =>
        Assert.Throws<ArgumentException>(() => LoopFactory.Create("warp", new LoopOptions()));

    // Refuses the first set-up calls of the thread with that name. The others run beside these tests and must not notice.
    private static IDisposable Refuse(string thread, Errno error, int times) =>
        MappedRing.SetupFault.Arm(() => Thread.CurrentThread.Name == thread && times-- > 0 ? error : Errno.None);

    private static T OnThread<T>(string name, Func<T> body)
    {
        T result = default!;
        var thread = new Thread(() => result = body()) { Name = name, IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(EngineHost.Limit));
        return result;
    }
}

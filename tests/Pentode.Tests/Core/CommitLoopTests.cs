using Pentode.Core;
using Pentode.Core.Commits;

namespace Pentode.Tests.Core;

public sealed class CommitLoopTests
{
    [Fact]
    public async Task Jobs_that_wait_share_a_transaction_and_complete_after_it()
    {
        var unit = new Unit();
        using var loop = new CommitLoop<Unit>("t", [unit], 100, 64);
        using var gate = new ManualResetEventSlim();
        var first = loop.Run(u => Held(u, gate)).AsTask();
        var rest = Enumerable.Range(0, 20).Select(i => loop.Run(u => u.Add(i)).AsTask()).ToArray();
        gate.Set();
        await Task.WhenAll([first, .. rest]);
        Assert.Equal(Enumerable.Range(-1, 21), unit.Durable);
        Assert.True(unit.Commits <= 3);
    }

    [Fact]
    public async Task A_job_that_fails_after_a_change_takes_no_other_with_it()
    {
        var unit = new Unit();
        using var loop = new CommitLoop<Unit>("t", [unit], 100, 64);
        using var gate = new ManualResetEventSlim();
        var first = loop.Run(u => Held(u, gate)).AsTask();
        var good = loop.Run(u => u.Add(1)).AsTask();
        var bad = loop.Run(u => u.Add(2).IsOk ? Errno.EPERM : (Result<int>)0).AsTask();
        var clean = loop.Run(_ => (Result<int>)Errno.ENOENT).AsTask();
        var bug = loop.Run<int>(_ => throw new InvalidOperationException("bug")).AsTask();
        var last = loop.Run(u => u.Add(3)).AsTask();
        gate.Set();
        await Task.WhenAll(first, good, bad, clean, last);
        Assert.Equal((Errno.EPERM, Errno.ENOENT), ((await bad).Error, (await clean).Error));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bug);
        Assert.Equal([-1, 1, 3], unit.Durable);
    }

    [Fact]
    public async Task A_store_that_fails_for_a_while_is_tried_again_and_one_that_does_not_know_is_not()
    {
        var unit = new Unit { Failures = 3 };
        using var loop = new CommitLoop<Unit>("t", [unit], 100, 64);
        Assert.True((await loop.Run(u => u.Add(1))).IsOk);
        unit.Failures = 100;
        Assert.Equal(Errno.EAGAIN, (await loop.Run(u => u.Add(2))).Error);
        unit.Failures = 0;
        unit.IsUncertain = true;
        Assert.Equal(Errno.EIO, (await loop.Run(u => u.Add(3))).Error);
        unit.IsUncertain = false;
        Assert.True((await loop.Run(u => u.Add(4))).IsOk);
        Assert.Equal([1, 4], unit.Durable);
    }

    [Fact]
    public async Task A_store_that_is_away_is_so_for_all_that_wait()
    {
        var unit = new Unit();
        using var loop = new CommitLoop<Unit>("t", [unit], 100, 64);
        using var gate = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        var first = loop.Run(u =>
        {
            started.Set();
            return Held(u, gate);
        }).AsTask();
        started.Wait(TestContext.Current.CancellationToken);
        unit.IsAway = true;
        var rest = Enumerable.Range(0, 20).Select(i => loop.Run(u => u.Add(i)).AsTask()).ToArray();

        // Longer than the first transaction takes jobs.
        await Task.Delay(10 * CommitLoop<Unit>.GroupMilliseconds, TestContext.Current.CancellationToken);
        gate.Set();
        await first;
        Assert.All(await Task.WhenAll(rest), r => Assert.Equal(Errno.EAGAIN, r.Error));

        // Nobody waits for the attempts of the others: those of the first, and of a second group, are enough.
        Assert.InRange(unit.Begun, 1, 2 + (2 * (CommitLoop<Unit>.MaximumAttempts + 1)));
        unit.IsAway = false;
        Assert.True((await loop.Run(u => u.Add(21))).IsOk);
        Assert.Equal([-1, 21], unit.Durable);
    }

    [Fact]
    public async Task The_queue_is_bounded_and_ends_in_order()
    {
        var unit = new Unit();
        var loop = new CommitLoop<Unit>("t", [unit], 3, 1);
        using var gate = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        var first = loop.Run(u =>
        {
            started.Set();
            return Held(u, gate);
        }).AsTask();
        started.Wait(TestContext.Current.CancellationToken);
        var queued = Enumerable.Range(0, 3).Select(i => loop.Run(u => u.Add(i)).AsTask()).ToArray();
        Assert.Equal(Errno.EAGAIN, (await loop.Run(u => u.Add(9))).Error);
        gate.Set();
        loop.Dispose();
        Assert.All(await Task.WhenAll(queued), r => Assert.True(r.IsOk));
        Assert.Equal(Errno.ESHUTDOWN, (await loop.Run(u => u.Add(9))).Error);
        Assert.True((await first).IsOk && unit.IsDisposed);
        Assert.Equal([-1, 0, 1, 2], unit.Durable);
    }

    private static Result<int> Held(Unit unit, ManualResetEventSlim gate)
    {
        gate.Wait();
        return unit.Add(-1);
    }

    private sealed class Unit : ICommitUnit
    {
        private readonly List<int> _open = [];

        public List<int> Durable { get; } = [];

        public int Commits { get; private set; }

        public int Failures { get; set; }

        public bool IsUncertain { get; set; }

        public bool IsDisposed { get; private set; }

        public long Changes { get; private set; }

        public Result<int> Add(int value)
        {
            Changes++;
            _open.Add(value);
            return value;
        }

        public bool IsAway { get; set; }

        public int Begun { get; private set; }

        public void Begin()
        {
            Begun++;
            if (IsAway)
                throw new IOException("away");
            Assert.Empty(_open);
        }

        public void Prepare(IReadOnlyList<object?> hints) => Assert.NotEmpty(hints);

        public void Commit()
        {
            if (IsUncertain)
                throw new CommitFailedException(Errno.EIO, "?", isUncertain: true);
            if (Failures > 0)
            {
                Failures--;
                throw new IOException("away");
            }

            Commits++;
            Durable.AddRange(_open);
            _open.Clear();
        }

        public void Rollback() => _open.Clear();

        public Errno Explain(Exception exception, out bool isTransient)
        {
            isTransient = exception is IOException;
            return isTransient ? Errno.EAGAIN : Errno.None;
        }

        public void Idle()
        {
        }

        public void Dispose() => IsDisposed = true;
    }
}

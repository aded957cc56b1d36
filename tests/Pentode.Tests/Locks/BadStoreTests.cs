using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Postgres;
using Pentode.Testing.Locks;
using Pentode.Tests.Locks.Etcd;

namespace Pentode.Tests.Locks;

/// <summary>A store that fails: what callers get and what the log says, each line once and not for every call.</summary>
public sealed class BadStoreTests
{
    private static readonly SessionTiming s_timing = new(100, 400, 800);

    private readonly KeptLog _log = new();
    private readonly MemoryLockStore _store = new();

    [Theory]
    [InlineData(StoreOutcome.ReadOnly, Errno.EROFS)]
    [InlineData(StoreOutcome.Refused, Errno.EACCES)]
    public async Task One_that_takes_no_writes_or_refuses_answers_its_errno_and_is_told_once(StoreOutcome outcome, Errno expected)
    {
        await using var node = Node("a", new SessionTiming(1000, 60_000, 120_000));
        Assert.Equal(Errno.None, await node.StartAsync());
        var domain = (await node.JoinAsync(LockName.Of("d"))).Value;
        var held = await LockNodes.Take(domain, "held", LockMode.Exclusive);
        _store.Inject = t => t.Writes.Count > 0 ? outcome : StoreOutcome.Ok;
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(expected, (await Ask(domain, $"waits{i}", isTry: false)).Error);
            Assert.Equal(expected, (await node.JoinAsync(LockName.Of($"e{i}"))).Error);
            Assert.Equal(1, held.WriteValue([1]).Value);
            Assert.Equal(expected, await held.FlushAsync().AsTask().WaitAsync(LockNodes.Patience));
        }

        Assert.Contains("memory: injected", node.Problem, StringComparison.Ordinal);
        Assert.Equal(2, _log.Text.Split("locks: memory: injected").Length);
        // What is held stays held while the session lasts.
        Assert.False(held.IsLost);
        _store.Inject = null;
        await LockNodes.Eventually(() => node.Problem is null);
        Assert.Contains("memory answers again", _log.Text, StringComparison.Ordinal);
        Assert.Equal(Errno.None, await held.FlushAsync().AsTask().WaitAsync(LockNodes.Patience));
    }

    [Fact]
    public async Task One_that_is_gone_ends_the_session_fails_tries_and_lets_waits_go_on_when_it_is_back()
    {
        await using var node = Node("a", s_timing);
        Assert.Equal(Errno.None, await node.StartAsync());
        var domain = (await node.JoinAsync(LockName.Of("d"))).Value;
        var held = await LockNodes.Take(domain, "held", LockMode.Exclusive);
        _store.Inject = static _ => StoreOutcome.Unavailable;
        var waits = Ask(domain, "x", isTry: false);
        await LockNodes.Eventually(() => held.IsLost);
        Assert.Equal(Errno.ESTALE, held.WriteValue([1]).Error);
        Assert.Equal(Errno.ENOTCONN, (await Ask(domain, "y", isTry: true)).Error);
        Assert.Equal(Errno.ENOTCONN, (await node.JoinAsync(LockName.Of("e"))).Error);
        Assert.False(waits.IsCompleted);
        Assert.Contains("is lost, and 1 locks in use with it", _log.Text, StringComparison.Ordinal);
        _store.Inject = null;
        Assert.True((await waits.WaitAsync(LockNodes.Patience)).IsOk);
    }

    [Fact]
    public async Task A_damaged_record_is_told_once_and_that_it_is_usable_again_by_using_it()
    {
        await using var node = Node("a", new SessionTiming(1000, 60_000, 120_000));
        Assert.Equal(Errno.None, await node.StartAsync());
        var domain = (await node.JoinAsync(LockName.Of("d"))).Value;
        var key = new KeyLayout("test").Record(LockName.Of("d"), LockName.Of("bad"));
        var two = new LockRecord(0);
        two.Want(new SessionId(1, 1), LockMode.Exclusive, 1, EntryFlags.None, keepGranted: false, []);
        var broken = LockRecordCodec.Encode(two);
        // A token from the future breaks an invariant.
        broken[^16] = 0xFF;
        _ = await _store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(key, broken)]));
        for (var i = 0; i < 3; i++)
            Assert.Equal(Errno.EIO, (await Ask(domain, "bad", isTry: false)).Error);
        Assert.Equal(2, _log.Text.Split("lock d/bad: the record cannot be used").Length);
        _ = await LockNodes.Take(domain, "good", LockMode.Exclusive);
        _ = await _store.CommitAsync(new StoreTransaction([], [StoreWrite.Delete(key)]));
        Assert.True((await Ask(domain, "bad", isTry: false)).IsOk);
    }

    [Theory]
    [InlineData(120_015, true)]
    [InlineData(130_000, false)]
    public void A_PostgreSQL_older_than_13_is_refused(int number, bool isRefused)
    {
        var refusal = new PostgresServerState(number, "N", IsStandby: false, "", 0, IsReadOnly: false, HasFsync: true).Refusal(PostgresDurability.Local);
        Assert.Equal(isRefused, refusal?.Contains("is too old: 13 or newer is needed", StringComparison.Ordinal) == true);
    }

    private static Task<Result<LockHandle>> Ask(LockDomain domain, string name, bool isTry) =>
        domain.AcquireAsync(LockName.Of(name), new AcquireOptions(LockMode.Exclusive, isTry)).AsTask();

    private LockManager Node(string name, SessionTiming timing) => new(
        _store, new LockManagerOptions("test", name, timing, KillGraceMs: 50, ResendMs: 100), BootClock.Instance, _log, new MetricsRegistry(), NoLossActions.Instance);
}

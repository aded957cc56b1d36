using Pentode.Core;
using Pentode.Locks;
using Pentode.Locks.Deadlock;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Tests.Locks;

/// <summary>Requests that wait for one another over several locks and nodes, in virtual time.</summary>
public sealed class DeadlockTests
{
    private readonly LockLab _lab = new();

    [Fact]
    public void Two_owners_who_want_what_the_other_has_the_younger_is_refused_and_the_elder_goes_on()
    {
        var (a, b) = (_lab.Join("a").Domain, _lab.Join("b").Domain);
        var (one, two) = (new SequentialOwner(), new SequentialOwner());
        _ = Take(a, "x", one);
        var ys = Take(b, "y", two);
        var elder = Ask(a, "y", one);
        _lab.Pass(50);
        var askedMs = _lab.NowMs;
        var younger = Ask(b, "x", two);
        _lab.Until(() => younger[0] is not null, 5000);
        Assert.Equal(Errno.EDEADLK, younger[0]!.Value.Error);
        Assert.InRange(_lab.NowMs - askedMs, 1000, 3000);
        Assert.Null(elder[0]);
        Assert.Equal(1, b.Manager.Counters.Deadlocks.Value);
        _ = ys.Release();
        _lab.Until(() => elder[0] is not null, 1000);
        Assert.True(elder[0]!.Value.IsOk);
        // What was stated is taken back.
        _lab.Pass(10_000);
        Assert.False(_lab.Store.HasAny(a.Manager.Keys.Waits));
        Assert.Equal(0, a.Manager.Counters.Deadlocks.Value);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void A_circle_of_many_nodes_costs_one_of_them_only(int count)
    {
        var nodes = Enumerable.Range(0, count).Select(i => _lab.Join($"n{i}").Domain).ToArray();
        var owners = nodes.Select(static _ => new SequentialOwner()).ToArray();
        var held = nodes.Select((n, i) => Take(n, $"l{i}", owners[i])).ToArray();
        var asked = new Result<LockHandle>?[count][];
        for (var i = 0; i < count; i++)
        {
            asked[i] = Ask(nodes[i], $"l{(i + 1) % count}", owners[i]);
            _lab.Pass(20);
        }

        _lab.Until(() => asked.Any(static q => q[0] is not null), 10_000);
        var victim = Assert.Single(Enumerable.Range(0, count), i => asked[i][0] is not null);
        Assert.Equal(count - 1, victim);
        Assert.Equal(Errno.EDEADLK, asked[victim][0]!.Value.Error);
        for (var step = 0; step < count - 1; step++)
        {
            // Each gives back what it has once it got what it wanted, and the one before it goes on.
            var i = (victim + count - step) % count;
            _ = held[i].Release();
            var next = (i + count - 1) % count;
            _lab.Until(() => asked[next][0] is not null, 3000);
            Assert.True(asked[next][0]!.Value.IsOk);
            _ = asked[next][0]!.Value.Value.Release();
        }
    }

    [Fact]
    public void A_reader_behind_a_writer_that_waits_closes_a_circle_by_its_place_in_the_queue()
    {
        var (a, b, c) = (_lab.Join("a").Domain, _lab.Join("b").Domain, _lab.Join("c").Domain);
        var (holder, reader) = (new SequentialOwner(), new SequentialOwner());
        _ = Take(a, "x", holder, LockMode.Shared);
        _ = Take(b, "y", reader);
        // Nobody vouches for the writer, and nothing need be: it has its place, and nothing to give back.
        var writer = Ask(c, "x", null);
        _lab.Pass(100);
        var wantsToRead = Ask(b, "x", reader, LockMode.Shared);
        _lab.Pass(100);
        Assert.Null(wantsToRead[0]);
        var closes = Ask(a, "y", holder);
        _lab.Until(() => closes[0] is not null || wantsToRead[0] is not null, 8000);
        Assert.Equal(Errno.EDEADLK, closes[0]!.Value.Error);
        Assert.Null(wantsToRead[0]);
        Assert.Null(writer[0]);
    }

    [Fact]
    public void Users_of_one_node_that_exclude_one_another_and_one_who_stands_in_his_own_way()
    {
        var a = _lab.Join("a", new LockDomainOptions(ExcludeLocally: true)).Domain;
        var (one, two) = (new SequentialOwner(), new SequentialOwner());
        _ = Take(a, "x", one);
        var y = Take(a, "y", two);
        var elder = Ask(a, "y", one);
        _lab.Pass(10);
        var younger = Ask(a, "x", two);
        _lab.Until(() => younger[0] is not null || elder[0] is not null, 5000);
        var refused = younger[0] ?? elder[0];
        Assert.Equal(Errno.EDEADLK, refused!.Value.Error);
        _ = y.Release();
        var alone = new SequentialOwner();
        _ = Take(a, "z", alone, LockMode.Shared);
        var own = Ask(a, "z", alone);
        _lab.Until(() => own[0] is not null, 5000);
        Assert.Equal(Errno.EDEADLK, own[0]!.Value.Error);
    }

    [Fact]
    public void What_ends_by_itself_is_not_refused_and_neither_is_what_nobody_vouches_for_or_the_domain_does_not_want()
    {
        var (a, b) = (_lab.Join("a").Domain, _lab.Join("b").Domain);
        var (one, two) = (new SequentialOwner(), new SequentialOwner());
        _ = Take(a, "x", one);
        _ = Take(b, "y", two);
        var limited = new Result<LockHandle>?[1];
        _ = a.Acquire(LockName.Of("y"), new AcquireOptions(LockMode.Exclusive, TimeoutMs: 20_000, Witness: one), r => limited[0] = r);
        var waits = Ask(b, "x", two);
        _lab.Pass(19_000);
        Assert.Null(waits[0]);
        Assert.Null(limited[0]);
        _lab.Pass(2000);
        Assert.Equal(Errno.ETIMEDOUT, limited[0]!.Value.Error);

        // The same without a witness on one side: its use may end at any time.
        _ = Take(a, "x2", null);
        _ = Take(b, "y2", two);
        var unknown = Ask(a, "y2", null);
        var known = Ask(b, "x2", two);
        _lab.Pass(20_000);
        Assert.Null(unknown[0]);
        Assert.Null(known[0]);

        var options = new LockDomainOptions(DetectDeadlocks: false);
        var (c, d) = (_lab.Wait(a.Manager.JoinAsync(LockName.Of("quiet"), options)).Value, _lab.Wait(b.Manager.JoinAsync(LockName.Of("quiet"), options)).Value);
        var (three, four) = (new SequentialOwner(), new SequentialOwner());
        _ = Take(c, "x", three);
        _ = Take(d, "y", four);
        var (first, second) = (Ask(c, "y", three), Ask(d, "x", four));
        _lab.Pass(20_000);
        Assert.Null(first[0]);
        Assert.Null(second[0]);
    }

    [Fact]
    public void A_circle_that_dissolves_at_any_moment_of_the_search_refuses_nobody_afterwards()
    {
        // The second owner gives its wait up after every number of milliseconds around the search: either the circle was told before, or nobody is refused.
        var told = 0;
        for (var ms = 900; ms < 1700; ms += 7)
        {
            var lab = new LockLab();
            var (a, b) = (lab.Join("a").Domain, lab.Join("b").Domain);
            var (one, two) = (new SequentialOwner(), new SequentialOwner());
            var x = Take(lab, a, "x", one);
            var y = Take(lab, b, "y", two);
            var first = Ask(a, "y", one);
            var second = new Result<LockHandle>?[1];
            var request = b.Acquire(LockName.Of("x"), new AcquireOptions(LockMode.Exclusive, Witness: two), r => second[0] = r);
            lab.Pass(ms);
            var wasTold = first[0] is not null || second[0] is not null;
            request!.Cancel();
            Assert.NotNull(second[0]);
            // A refusal that was on its way to the store at that moment is of a circle that was.
            lab.Pass(15);
            var firstBefore = first[0];
            _ = y.Release();
            lab.Until(() => first[0] is not null, 3000);
            Assert.True(first[0]!.Value.IsOk || firstBefore is not null, $"after {ms} ms: {first[0]!.Value.Error}");
            told += wasTold ? 1 : 0;
            _ = x.Release();
        }

        Assert.InRange(told, 1, 114);
    }

    [Fact]
    public void A_node_that_is_cut_off_proves_nothing_though_its_old_words_stand_in_the_store()
    {
        var (a, hostA) = _lab.Join("a");
        var b = _lab.Join("b").Domain;
        var (one, two) = (new SequentialOwner(), new SequentialOwner());
        var x = Take(a, "x", one);
        _ = Take(b, "y", two);
        var request = a.Acquire(LockName.Of("y"), new AcquireOptions(LockMode.Exclusive, Witness: one), static _ => { });
        // It has said that it waits; then it is cut off and gives up, which nobody hears.
        _lab.Until(() => _lab.Store.Peek(a.Manager.Keys.Wait(a.Manager.SessionId!.Value)) is not null, 5000);
        hostA.CutOffUntilUs = _lab.World.NowUs + 9_000_000;
        request!.Cancel();
        _ = x.Release();
        var waits = Ask(b, "x", two);
        _lab.Pass(8000);
        Assert.Null(waits[0]);
        _lab.Until(() => waits[0] is not null, 60_000);
        Assert.True(waits[0]!.Value.IsOk);
    }

    [Fact]
    public void Words_that_cannot_be_read_and_words_of_the_dead_are_passed_over()
    {
        var (a, b) = (_lab.Join("a").Domain, _lab.Join("b").Domain);
        _lab.Store.Plant(a.Manager.Keys.Waits.With("nonsense"), [1, 2, 3]);
        _lab.Store.Plant(a.Manager.Keys.Wait(new SessionId(9, 9)), [9]);
        var (one, two) = (new SequentialOwner(), new SequentialOwner());
        _ = Take(a, "x", one);
        _ = Take(b, "y", two);
        var (first, second) = (Ask(a, "y", one), Ask(b, "x", two));
        _lab.Until(() => first[0] is not null || second[0] is not null, 5000);
        Assert.Equal(Errno.EDEADLK, (first[0] ?? second[0])!.Value.Error);
    }

    private LockHandle Take(LockDomain domain, string name, SequentialOwner? owner, LockMode mode = LockMode.Exclusive) => Take(_lab, domain, name, owner, mode);

    private static LockHandle Take(LockLab lab, LockDomain domain, string name, SequentialOwner? owner, LockMode mode = LockMode.Exclusive)
    {
        var answer = Ask(domain, name, owner, mode);
        lab.Until(() => answer[0] is not null);
        return answer[0]!.Value.Value;
    }

    private static Result<LockHandle>?[] Ask(LockDomain domain, string name, SequentialOwner? owner, LockMode mode = LockMode.Exclusive) =>
        LockLab.Ask(domain, name, new AcquireOptions(mode, Witness: owner));
}

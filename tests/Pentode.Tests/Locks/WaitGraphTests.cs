using Pentode.Locks;
using Pentode.Locks.Deadlock;
using Pentode.Locks.Record;

namespace Pentode.Tests.Locks;

/// <summary>
/// The search for circles against the definition of a deadlock: let everybody who can go on do so and give back what it has, again and again; who
/// is left waits for ever.
/// </summary>
public sealed class WaitGraphTests
{
    private const int Graphs = 20_000;

    [Fact]
    public void A_circle_is_found_exactly_where_somebody_can_never_go_on()
    {
        var random = new Random(20261129);
        int stuckGraphs = 0, freeGraphs = 0;
        for (var i = 0; i < Graphs; i++)
        {
            var world = RandomWorld.Make(random);
            var graph = new WaitGraph(world.Statements());
            var stuck = world.Stuck();
            var knots = graph.Knots();
            Assert.Equal(stuck.Count > 0, knots.Count > 0);
            // Whoever is on a circle is stuck; who is stuck without being on one waits for somebody who is.
            Assert.All(knots.SelectMany(static k => k), w => Assert.Contains(w, stuck));
            foreach (var victim in graph.Victims())
            {
                var circle = graph.CircleThrough(victim);
                Assert.NotNull(circle);
                Assert.Equal(victim, circle[0].From);
                Assert.Equal(victim, circle[^1].To);
                Assert.All(circle.Zip(circle.Skip(1)), static p => Assert.Equal(p.First.To, p.Second.From));
                Assert.NotEmpty(graph.Waits[victim].Pins);
                var knot = knots.Single(k => k.Contains(victim));
                Assert.All(knot.Where(w => graph.Waits[w].Pins.Count > 0), w => Assert.True(graph.Waits[w].QueuedAt <= graph.Waits[victim].QueuedAt));
            }

            Assert.Equal(knots.Count, graph.Victims().Count);
            _ = stuck.Count > 0 ? stuckGraphs++ : freeGraphs++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{stuckGraphs} graphs with a deadlock, {freeGraphs} without");
        Assert.True(stuckGraphs > Graphs / 20 && freeGraphs > Graphs / 20);
    }

    [Fact]
    public void Refusing_one_of_each_knot_again_and_again_lets_everybody_else_go_on()
    {
        var random = new Random(7);
        for (var i = 0; i < Graphs / 4; i++)
        {
            var world = RandomWorld.Make(random);
            var refused = 0;
            while (new WaitGraph(world.Statements()).Victims() is { Count: > 0 } victims)
            {
                foreach (var victim in victims)
                    world.Refuse(victim);
                refused += victims.Count;
                Assert.True(refused <= 8, "refuses more than there are");
            }

            Assert.Empty(world.Stuck());
        }
    }

    [Fact]
    public void A_statement_comes_back_from_its_bytes_and_others_are_refused()
    {
        var random = new Random(3);
        var one = new SessionId(1, 2);
        for (var i = 0; i < 500; i++)
        {
            foreach (var statement in RandomWorld.Make(random).Statements().Values)
            {
                var bytes = (statement with { Seen = new Dictionary<SessionId, ulong> { [one] = 77 } }).Encode();
                var again = WaitStatement.Decode(bytes);
                Assert.NotNull(again);
                Assert.Equal(statement.Edition, again.Edition);
                Assert.Equal(77ul, again.Seen[one]);
                Assert.Equal(statement.Waits.Count, again.Waits.Count);
                Assert.All(statement.Waits.Zip(again.Waits), static p => Assert.True(p.First.IsSame(p.Second)));
                if (i < 20)
                {
                    for (var length = 0; length < bytes.Length; length++)
                        Assert.Null(WaitStatement.Decode(bytes.AsSpan(0, length)));
                }

                Assert.Null(WaitStatement.Decode([.. bytes, 0]));
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                _ = WaitStatement.Decode(bytes);
            }
        }
    }

    [Fact]
    public void A_statement_of_too_much_is_cut_and_stays_readable()
    {
        var name = LockName.Of(new string('x', LockName.MaxBytes));
        var pins = Enumerable.Repeat(new LockPin(name, name, LockMode.Exclusive), 100).ToArray();
        var waits = Enumerable.Range(1, 500).Select(i => new WaitEntry((ulong)i, name, name, LockMode.Shared, false, 0, 0, 0, 1, [], [], pins)).ToArray();
        var again = WaitStatement.Decode(new WaitStatement(1, new Dictionary<SessionId, ulong>(), waits).Encode());
        Assert.NotNull(again);
        Assert.InRange(again.Waits.Count, 1, WaitStatement.MaxWaits);
        Assert.Equal(WaitStatement.MaxPins, again.Waits[0].Pins.Count);
    }
}

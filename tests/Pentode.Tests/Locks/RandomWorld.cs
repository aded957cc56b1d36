using Pentode.Locks;
using Pentode.Locks.Deadlock;
using Pentode.Locks.Record;

namespace Pentode.Tests.Locks;

/// <summary>
/// A few owners on a few nodes, each with some locks and mostly waiting for one more, in queues that are served strictly in order: what can be, at some
/// moment. Owners that do not wait can give back all they have; those that wait cannot.
/// </summary>
internal sealed class RandomWorld
{
    private readonly List<Owner> _owners = [];
    private readonly Dictionary<LockName, List<Owner>> _queues = [];

    internal static RandomWorld Make(Random random)
    {
        var world = new RandomWorld();
        var locks = Enumerable.Range(0, random.Next(1, 6)).Select(i => LockName.Of($"l{i}")).ToArray();
        var count = random.Next(2, 8);
        for (var i = 0; i < count; i++)
        {
            // One owner for each node: what a node's own users do to one another is the manager's business, and tested there.
            var owner = new Owner(new WaitKey(new SessionId((ulong)i + 1, 1), (ulong)random.Next(1, 100)));
            foreach (var name in locks.Where(_ => random.Next(3) == 0))
            {
                var mode = random.Next(2) == 0 ? LockMode.Shared : LockMode.Exclusive;
                if (world._owners.All(o => !o.Held.TryGetValue(name, out var other) || LockModes.AreCompatible(other, mode)))
                    owner.Held[name] = mode;
            }

            world._owners.Add(owner);
        }

        foreach (var owner in world._owners.OrderBy(_ => random.Next()))
        {
            var name = locks[random.Next(locks.Length)];
            if (random.Next(5) == 0 || (owner.Held.TryGetValue(name, out var has) && has == LockMode.Exclusive))
                continue;
            owner.Wanted = owner.Held.ContainsKey(name) || random.Next(2) == 0 ? LockMode.Exclusive : LockMode.Shared;
            owner.Lock = name;
            if (!world._queues.TryGetValue(name, out var queue))
                world._queues.Add(name, queue = []);
            owner.QueuedAt = random.Next(1, 1000);
            queue.Add(owner);
        }

        // Nobody waits for what he could have at once.
        foreach (var queue in world._queues.Values)
            world.Grant(queue, static _ => { });
        return world;
    }

    /// <summary>What the nodes would state.</summary>
    internal Dictionary<SessionId, WaitStatement> Statements() => _owners.ToDictionary(
        static o => o.Key.Session,
        o => new WaitStatement(1, new Dictionary<SessionId, ulong>(), o.Lock is not { } name ? [] :
        [
            new WaitEntry(
                o.Key.Id, LockName.Of("d"), name, o.Wanted, false, o.Key.Id, o.Key.Id, o.QueuedAt, 1,
                [.. _queues[name].TakeWhile(q => q != o).Select(static q => q.Key)], [],
                [.. o.Held.Select(static h => new LockPin(LockName.Of("d"), h.Key, h.Value))]),
        ]));

    /// <summary>Those who wait for ever.</summary>
    internal HashSet<WaitKey> Stuck()
    {
        var copy = Copy();
        var changed = true;
        while (changed)
        {
            changed = false;
            foreach (var owner in copy._owners.Where(static o => o.Lock is null && o.Held.Count > 0))
            {
                owner.Held.Clear();
                changed = true;
            }

            foreach (var queue in copy._queues.Values)
                copy.Grant(queue, _ => changed = true);
        }

        return [.. copy._owners.Where(static o => o.Lock is not null).Select(static o => o.Key)];
    }

    /// <summary>Its request fails.</summary>
    internal void Refuse(WaitKey key)
    {
        var owner = _owners.Single(o => o.Key == key);
        _queues[owner.Lock!.Value].Remove(owner);
        owner.Lock = null;
        owner.Held.Clear();
        foreach (var queue in _queues.Values)
            Grant(queue, static _ => { });
    }

    private void Grant(List<Owner> queue, Action<Owner> granted)
    {
        while (queue.Count > 0 && queue[0] is var head
            && _owners.All(o => o == head || !o.Held.TryGetValue(head.Lock!.Value, out var mode) || LockModes.AreCompatible(mode, head.Wanted)))
        {
            head.Held[head.Lock!.Value] = head.Wanted;
            head.Lock = null;
            queue.RemoveAt(0);
            granted(head);
        }
    }

    private RandomWorld Copy()
    {
        var copy = new RandomWorld();
        copy._owners.AddRange(_owners.Select(static o => o.Copy()));
        foreach (var (name, queue) in _queues)
            copy._queues.Add(name, [.. queue.Select(o => copy._owners[_owners.IndexOf(o)])]);
        return copy;
    }

    private sealed class Owner(WaitKey key)
    {
        internal WaitKey Key => key;

        internal Dictionary<LockName, LockMode> Held { get; private init; } = [];

        internal LockName? Lock { get; set; }

        internal LockMode Wanted { get; set; }

        internal long QueuedAt { get; set; }

        internal Owner Copy() => new(key) { Held = new(Held), Lock = Lock, Wanted = Wanted, QueuedAt = QueuedAt };
    }
}

using Pentode.Locks.Record;

namespace Pentode.Testing.Locks;

/// <summary>
/// Every state three nodes can bring one lock record into, by the transitions of <see cref="LockRecord"/> and the rules a node follows: each node makes up
/// to two requests of either mode (an upgrade among them), may withdraw, leave, become a zombie and be reaped. In every state no two uses exclude each
/// other, and where the system has no step left to take nobody alive waits.
/// </summary>
public sealed class StateSearch
{
    private const int Nodes = 3;
    private const int BitsOfNode = 20;
    private const int Requests = 2;

    private readonly bool _omitUpgradeRule;
    private readonly HashSet<ulong> _seen = [];
    private readonly Queue<ulong> _queue = new();
    private readonly List<RecordHint> _hints = [];

    private StateSearch(bool omitUpgradeRule)
    {
        _omitUpgradeRule = omitUpgradeRule;
    }

    private enum Life
    {
        Alive,
        Zombie,
        Dead,
    }

    /// <summary>States visited.</summary>
    public int States => _seen.Count;

    /// <summary>Transitions taken.</summary>
    public long Steps { get; private set; }

    /// <summary>States in which somebody alive waits and nothing can happen any more but by the users.</summary>
    public int StuckStates { get; private set; }

    /// <summary>States in which two uses exclude each other.</summary>
    public int ViolatedStates { get; private set; }

    /// <summary>The first bad state in words, or null.</summary>
    public string? FirstBad { get; private set; }

    /// <summary>Visits every state; with <paramref name="omitUpgradeRule"/> nodes keep a shared grant while they wait for the exclusive one.</summary>
    public static StateSearch Run(bool omitUpgradeRule = false)
    {
        var search = new StateSearch(omitUpgradeRule);
        // From nothing, and from what earlier requests may have left in the caches.
        foreach (var cached in new LockMode[][] { [LockMode.Null, LockMode.Null], [LockMode.Exclusive, LockMode.Null], [LockMode.Shared, LockMode.Shared] })
        {
            var start = new Node[Nodes];
            for (var i = 0; i < Nodes; i++)
                start[i] = new Node { Left = Requests, Granted = i < cached.Length ? cached[i] : LockMode.Null, Present = i < cached.Length && cached[i] != LockMode.Null };
            search.Visit(start);
        }

        while (search._queue.TryDequeue(out var state))
            search.Expand(state);
        return search;
    }

    private static ulong Encode(Node[] nodes)
    {
        ulong key = 0;
        foreach (var n in nodes)
        {
            var bits = (n.Present ? 1UL : 0)
                | ((ulong)n.Granted << 1)
                | ((ulong)n.Wanted << 3)
                | ((ulong)n.Flags << 5)
                | ((ulong)(uint)n.Rank << 8)
                | ((n.UsesShared ? 1UL : 0) << 10)
                | ((n.UsesExclusive ? 1UL : 0) << 11)
                | ((ulong)n.Waiting << 12)
                | ((n.Asked ? 1UL : 0) << 14)
                | ((n.Pins ? 1UL : 0) << 15)
                | ((ulong)(uint)n.Left << 16)
                | ((ulong)(uint)n.Life << 18);
            key = (key << BitsOfNode) | bits;
        }

        return key;
    }

    private static Node[] Decode(ulong key)
    {
        var nodes = new Node[Nodes];
        for (var i = Nodes - 1; i >= 0; i--)
        {
            var bits = key & ((1UL << BitsOfNode) - 1);
            key >>= BitsOfNode;
            nodes[i] = new Node
            {
                Present = (bits & 1) != 0,
                Granted = (LockMode)((bits >> 1) & 3),
                Wanted = (LockMode)((bits >> 3) & 3),
                Flags = (EntryFlags)((bits >> 5) & 7),
                Rank = (int)((bits >> 8) & 3),
                UsesShared = ((bits >> 10) & 1) != 0,
                UsesExclusive = ((bits >> 11) & 1) != 0,
                Waiting = (LockMode)((bits >> 12) & 3),
                Asked = ((bits >> 14) & 1) != 0,
                Pins = ((bits >> 15) & 1) != 0,
                Left = (int)((bits >> 16) & 3),
                Life = (Life)((bits >> 18) & 3),
            };
        }

        return nodes;
    }

    private static SessionId Id(int node) => new(0, (ulong)node + 1);

    private static LockRecord RecordOf(Node[] nodes)
    {
        var entries = new List<LockEntry>();
        for (var i = 0; i < Nodes; i++)
        {
            var n = nodes[i];
            if (n.Present)
                entries.Add(new LockEntry(Id(i), n.Granted, n.Wanted, n.Flags, (uint)n.Rank, n.Granted == LockMode.Null ? 0 : (ulong)i + 1, n.Wanted == LockMode.Null ? 0UL : 1));
        }

        return new LockRecord(RecordFlags.None, 100, 0, new byte[LockRecord.ValueBytes], entries);
    }

    private void Visit(Node[] nodes)
    {
        Steps++;
        var key = Encode(nodes);
        if (!_seen.Add(key))
            return;
        _queue.Enqueue(key);
        for (var i = 0; i < Nodes; i++)
        {
            for (var j = 0; j < Nodes; j++)
            {
                if (i != j && nodes[i].UsesExclusive && (nodes[j].UsesExclusive || nodes[j].UsesShared))
                {
                    ViolatedStates++;
                    FirstBad ??= "two uses exclude each other: " + Words(nodes);
                }
            }
        }
    }

    private void Expand(ulong key)
    {
        var before = Decode(key);
        var canMove = false;
        for (var i = 0; i < Nodes; i++)
            canMove |= SystemSteps(before, i);
        if (!canMove && before.Any(n => n.Life == Life.Alive && n.Waiting != LockMode.Null))
        {
            StuckStates++;
            FirstBad ??= "somebody waits for ever: " + Words(before);
        }

        for (var i = 0; i < Nodes; i++)
            UserSteps(before, i);
    }

    // What happens by itself, and users that end their use.
    private bool SystemSteps(Node[] before, int i)
    {
        var n = before[i];
        var moved = false;
        if (n.Life == Life.Dead)
        {
            if (!n.Present)
                return false;
            return Change(before, i, record => record.Reap(Id(i), false, _hints), _ => { });
        }

        if (n.Life == Life.Zombie)
        {
            // Its session is ended by an observer; until then what it had sent still lands.
            Local(before, i, x => x.Life = Life.Dead);
            if (n.Present && n.Granted != LockMode.Null)
                _ = Change(before, i, record => record.Yield(Id(i), LockMode.Null, default, _hints), _ => { });
            return true;
        }

        var blocked = RecordOf(before).BlockedBy(Id(i));
        var waitsPinned = n.Waiting == LockMode.Exclusive && n.Pins;
        if (n.UsesExclusive)
            moved |= Local(before, i, x => x.UsesExclusive = false);
        if (n.UsesShared && !waitsPinned)
            moved |= Local(before, i, x => x.UsesShared = false);
        if (n.Waiting != LockMode.Null && n.Granted >= n.Waiting && (n.Asked || waitsPinned || blocked == LockMode.Null || n.Waiting <= LockModes.HighestBeside(blocked)))
        {
            moved |= Local(before, i, x =>
            {
                x.UsesShared |= x.Waiting == LockMode.Shared;
                x.UsesExclusive |= x.Waiting == LockMode.Exclusive;
                x.Waiting = LockMode.Null;
                x.Asked = false;
                x.Pins = false;
            });
        }

        if (n.Waiting > n.Granted && n.Wanted == LockMode.Null)
            moved |= Request(before, i);
        if (n.Waiting == LockMode.Null && n.Wanted != LockMode.Null)
            moved |= Change(before, i, record => record.Cancel(Id(i), 1, _hints), _ => { });
        if (blocked != LockMode.Null)
        {
            var to = LockModes.HighestBeside(blocked);
            var mayYield = !n.UsesExclusive && (to != LockMode.Null || !n.UsesShared) && !(_omitUpgradeRule && n.Wanted != LockMode.Null);
            if (mayYield)
                moved |= Change(before, i, record => record.Yield(Id(i), to, default, _hints), _ => { });
        }

        return moved;
    }

    private bool Request(Node[] before, int i)
    {
        var n = before[i];
        var isPinned = n.Pins && n.UsesShared;
        if (isPinned && before.Where((o, j) => j != i && o.Present && o.Granted == LockMode.Shared && o.Wanted != LockMode.Null && (o.Flags & EntryFlags.Pinned) != 0).Any())
        {
            return Local(before, i, x =>
            {
                x.Waiting = LockMode.Null;
                x.Pins = false;
            });
        }

        var keep = _omitUpgradeRule ? n.Granted == LockMode.Shared : n.UsesShared;
        return Change(
            before,
            i,
            record => record.Want(Id(i), n.Waiting, 1, isPinned ? EntryFlags.Pinned : EntryFlags.None, keep, _hints),
            x => x.Asked = true);
    }

    private void UserSteps(Node[] before, int i)
    {
        var n = before[i];
        if (n.Life != Life.Alive)
            return;
        // One node of the three may die: with more the others' behaviour is that of smaller searches.
        if (before.All(o => o.Life == Life.Alive))
        {
            Local(before, i, x =>
            {
                x.Life = Life.Zombie;
                x.UsesShared = x.UsesExclusive = x.Asked = x.Pins = false;
                x.Waiting = LockMode.Null;
                x.Left = 0;
            });
        }

        if (n.Waiting != LockMode.Null)
        {
            Local(before, i, x =>
            {
                x.Waiting = LockMode.Null;
                x.Asked = x.Pins = false;
            });
            return;
        }

        if (n.Left > 0)
        {
            Local(before, i, x => Ask(x, LockMode.Shared, pins: false));
            Local(before, i, x => Ask(x, LockMode.Exclusive, pins: false));
            if (n.UsesShared)
                Local(before, i, x => Ask(x, LockMode.Exclusive, pins: true));
        }
        else if (n.Present && !n.UsesShared && !n.UsesExclusive && n.Wanted == LockMode.Null)
        {
            _ = Change(before, i, record => record.Drop(Id(i), default, _hints), _ => { });
        }
    }

    private static void Ask(Node node, LockMode mode, bool pins)
    {
        node.Waiting = mode;
        node.Pins = pins;
        node.Asked = false;
        node.Left--;
    }

    private bool Local(Node[] before, int i, Action<Node> change)
    {
        var after = Copy(before);
        change(after[i]);
        Visit(after);
        return true;
    }

    private bool Change(Node[] before, int i, Action<LockRecord> transition, Action<Node> local)
    {
        var record = RecordOf(before);
        var generation = record.Generation;
        _hints.Clear();
        transition(record);
        if (record.Generation < generation)
            throw new InvalidOperationException("the generation went back");
        var after = Copy(before);
        var order = record.Entries.Where(e => e.IsWaiting).OrderBy(e => e.Sequence).Select(e => e.Session).ToList();
        for (var j = 0; j < Nodes; j++)
        {
            var n = after[j];
            n.Present = record.TryGet(Id(j), out var entry);
            n.Granted = entry.Granted;
            n.Wanted = entry.Wanted;
            n.Flags = entry.Flags;
            n.Rank = n.Wanted == LockMode.Null ? 0 : order.IndexOf(Id(j)) + 1;
        }

        local(after[i]);
        Visit(after);
        return true;
    }

    private static Node[] Copy(Node[] nodes) => [.. nodes.Select(n => n.Clone())];

    private static string Words(Node[] nodes) => string.Join("; ", nodes.Select((n, i) =>
        $"node {i} {n.Life} has {n.Granted} wants {n.Wanted} {n.Flags} place {n.Rank} uses {(n.UsesShared ? "PR" : "")}{(n.UsesExclusive ? "EX" : "")} waits {n.Waiting} left {n.Left}"));

    private sealed class Node
    {
        internal bool Present;
        internal LockMode Granted;
        internal LockMode Wanted;
        internal EntryFlags Flags;
        internal int Rank;
        internal bool UsesShared;
        internal bool UsesExclusive;
        internal LockMode Waiting;
        internal bool Asked;
        internal bool Pins;
        internal int Left;
        internal Life Life;

        internal Node Clone() => (Node)MemberwiseClone();
    }
}

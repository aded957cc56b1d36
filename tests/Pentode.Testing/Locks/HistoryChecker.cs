namespace Pentode.Testing.Locks;

/// <summary>
/// Holds a history of lock uses against what a lock service promises: mutual exclusion, tokens that grow, values that are not lost, order, an end to every
/// wait, and losses that are told. It knows nothing of how the locks work. One order of all uses of a lock, then one pass for each promise.
/// </summary>
public sealed class HistoryChecker
{
    private const int ViolationsKept = 20;

    private readonly HistoryRules _rules;
    private readonly List<string> _violations = [];
    private int _overlaps;
    private int _tokenRegressions;
    private int _lostValues;
    private int _overtaken;
    private int _unsignalled;

    private HistoryChecker(HistoryRules rules)
    {
        _rules = rules;
    }

    /// <summary>Checks the entries of all nodes together, in any order.</summary>
    public static HistoryReport Check(IReadOnlyList<HistoryEntry> entries, HistoryRules? rules = null)
    {
        var checker = new HistoryChecker(rules ?? new HistoryRules());
        foreach (var group in entries.GroupBy(e => e.Lock, StringComparer.Ordinal))
        {
            var uses = group.Where(e => e.Outcome != HistoryOutcome.Refused).OrderBy(e => e.GrantedNs).ThenBy(e => e.Token).ToArray();
            checker.CheckExclusion(uses);
            checker.CheckTokens(uses);
            checker.CheckValues(uses);
            checker.CheckOrder(uses);
            checker.CheckLosses(uses);
            checker.CheckWaits(group);
        }

        var granted = entries.Where(e => e.Outcome != HistoryOutcome.Refused).ToArray();
        return new HistoryReport(
            granted.Length,
            granted.Count(e => e.Exclusive),
            granted.Count(e => e.Outcome == HistoryOutcome.Lost),
            granted.Count(e => e.Outcome == HistoryOutcome.Killed),
            entries.Count - granted.Length,
            checker._overlaps,
            checker._tokenRegressions,
            checker._lostValues,
            checker._overtaken,
            checker._unsignalled,
            entries.Select(e => (e.GrantedNs - e.AskedNs) / 1_000_000).DefaultIfEmpty().Max(),
            checker._violations);
    }

    private static string Words(HistoryEntry e) =>
        $"{e.Node} {(e.Exclusive ? "EX" : "PR")} token {e.Token} [{e.GrantedNs / 1000}, {e.EndedNs / 1000}] us {e.Outcome}";

    private static bool IsZero(string hex) => hex.AsSpan().IndexOfAnyExcept('0') < 0;

    private void CheckExclusion(HistoryEntry[] uses)
    {
        var active = new List<HistoryEntry>();
        foreach (var use in uses)
        {
            active.RemoveAll(a => a.EndedNs <= use.GrantedNs);
            foreach (var other in active)
            {
                if (other.Session == use.Session || !(other.Exclusive || use.Exclusive) || use.EndedNs <= use.GrantedNs)
                    continue;
                _overlaps++;
                Violation($"overlap of {(Math.Min(other.EndedNs, use.EndedNs) - use.GrantedNs) / 1000} us on {use.Lock}: {Words(other)} and {Words(use)}");
            }

            active.Add(use);
        }
    }

    // Exclusive tokens grow in the order of grants; uses of one session that follow each other may be one grant of its node, then the token is the same.
    private void CheckTokens(HistoryEntry[] uses)
    {
        HistoryEntry? last = null;
        HistoryEntry? highest = null;
        var ended = new PriorityQueue<HistoryEntry, long>();
        foreach (var use in uses)
        {
            while (ended.TryPeek(out var first, out var endNs) && endNs <= use.GrantedNs)
            {
                if (highest is null || first.Token > highest.Token)
                    highest = first;
                ended.Dequeue();
            }

            if (highest is not null && use.Token < highest.Token)
            {
                _tokenRegressions++;
                Violation($"token of {Words(use)} is below that of {Words(highest)} which had ended");
            }

            if (!use.Exclusive)
                continue;
            if (last is not null && (use.Token < last.Token || (use.Token == last.Token && use.Session != last.Session)))
            {
                _tokenRegressions++;
                Violation($"token of {Words(use)} is not above that of {Words(last)} before it");
            }

            last = use;
            ended.Enqueue(use, use.EndedNs);
        }
    }

    private void CheckValues(HistoryEntry[] uses)
    {
        // Oldest first: the last value known to be committed, then those written later of which nobody knows.
        var possible = new List<(string? Value, string Session)> { (null, string.Empty) };
        foreach (var use in uses)
        {
            if (use.ValueRead is { } read)
                CheckRead(use, read, possible);
            if (use.ValueWritten is not { } written)
                continue;
            if (use.ValueCommitted)
                possible.Clear();
            possible.Add((written, use.Session));
        }
    }

    private void CheckRead(HistoryEntry use, string read, List<(string? Value, string Session)> possible)
    {
        var at = possible.FindLastIndex(p => p.Value == read || (p.Value is null && IsZero(read)));
        if (at < 0)
        {
            _lostValues++;
            Violation($"value {read} read by {Words(use)} of {use.Lock}; possible were {string.Join(", ", possible.Select(p => p.Value ?? "zeros"))}");
            return;
        }

        if (at < possible.Count - 1 && !use.ValueSuspect)
        {
            _lostValues++;
            Violation($"value {read} read by {Words(use)} of {use.Lock} is older than {possible[^1].Value} and not marked suspect");
        }

        // What another session reads is what there is; a session also sees what only it knows of.
        if (possible[at].Session == use.Session && at > 0)
            return;
        possible.RemoveRange(at + 1, possible.Count - at - 1);
        possible.RemoveRange(0, at);
    }

    private void CheckOrder(HistoryEntry[] uses)
    {
        if (_rules.FairnessSlackNs == 0)
            return;
        for (var i = 0; i < uses.Length; i++)
        {
            // Who was granted before it, exclusively, though it asked clearly later and elsewhere.
            for (var j = i - 1; j >= 0 && uses[j].GrantedNs > uses[i].AskedNs; j--)
            {
                if (!uses[j].Exclusive || uses[j].Session == uses[i].Session || uses[j].AskedNs <= uses[i].AskedNs + _rules.FairnessSlackNs)
                    continue;
                _overtaken++;
                Violation($"{Words(uses[i])} of {uses[i].Lock} asked at {uses[i].AskedNs / 1000} us and was overtaken by {Words(uses[j])} asked at {uses[j].AskedNs / 1000} us");
                break;
            }
        }
    }

    private void CheckLosses(HistoryEntry[] uses)
    {
        foreach (var use in uses.Where(s => s.Outcome == HistoryOutcome.Lost && s.SignalledNs == 0))
        {
            _unsignalled++;
            Violation($"the loss of {Words(use)} of {use.Lock} was not told");
        }
    }

    private void CheckWaits(IEnumerable<HistoryEntry> entries)
    {
        if (_rules.LongestWaitNs == 0)
            return;
        foreach (var entry in entries.Where(e => e.GrantedNs - e.AskedNs > _rules.LongestWaitNs))
            Violation($"{Words(entry)} of {entry.Lock} waited {(entry.GrantedNs - entry.AskedNs) / 1_000_000} ms");
    }

    private void Violation(string words)
    {
        if (_violations.Count < ViolationsKept)
            _violations.Add(words);
    }
}

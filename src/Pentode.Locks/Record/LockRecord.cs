namespace Pentode.Locks.Record;

/// <summary>
/// The state of one lock, all of it: value, queue and grants change together by compare-and-swap of these bytes. The methods are the only
/// transitions there are; they are pure (no clock, no I/O), each leaves the invariants true or throws, and each can be repeated for the same
/// session and request without further effect.
/// </summary>
/// <remarks>
/// Invariants: at most one exclusive grant, and never one beside a shared grant of another session; a session appears once; a wanted mode is above
/// the granted one; tokens are unique, never above <see cref="Generation"/>, which never decreases.
/// </remarks>
public sealed class LockRecord
{
    /// <summary>Length of the value.</summary>
    public const int ValueBytes = 64;

    /// <summary>Most sessions in one record.</summary>
    public const int MaxEntries = 512;

    private const uint RenumberAbove = 1u << 31;

    private readonly List<LockEntry> _entries;

    /// <summary>A record nobody has used yet, with tokens above <paramref name="floor"/>.</summary>
    public LockRecord(ulong floor, RecordFlags flags = RecordFlags.None)
        : this(flags, floor, 0, new byte[ValueBytes], [])
    {
    }

    internal LockRecord(RecordFlags flags, ulong generation, ulong valueGeneration, byte[] value, List<LockEntry> entries)
    {
        Flags = flags;
        Generation = generation;
        ValueGeneration = valueGeneration;
        Value = value;
        _entries = entries;
    }

    /// <summary>Flags.</summary>
    public RecordFlags Flags { get; private set; }

    /// <summary>The last token handed out.</summary>
    public ulong Generation { get; private set; }

    /// <summary>Token of the grant that wrote the value last; 0 when nobody has.</summary>
    public ulong ValueGeneration { get; private set; }

    /// <summary>The value: 64 bytes, not to be changed in place.</summary>
    public byte[] Value { get; private set; }

    /// <summary>Who has or wants what, in no order.</summary>
    public IReadOnlyList<LockEntry> Entries => _entries;

    /// <summary>True when nobody uses it and nothing is to be kept: the record is deleted and the domain's token floor raised to <see cref="Generation"/>.</summary>
    public bool IsRemovable => _entries.Count == 0 && (Flags & (RecordFlags.Persist | RecordFlags.Orphan)) == 0;

    /// <summary>A copy that can be changed on its own.</summary>
    public LockRecord Clone() => new(Flags, Generation, ValueGeneration, Value, [.. _entries]);

    /// <summary>The entry of a session; false when it has none.</summary>
    public bool TryGet(SessionId session, out LockEntry entry)
    {
        var at = IndexOf(session);
        entry = at < 0 ? default : _entries[at];
        return at >= 0;
    }

    /// <summary>The first of the queue; false when nobody waits.</summary>
    public bool TryGetHead(out LockEntry head)
    {
        var at = HeadIndex();
        head = at < 0 ? default : _entries[at];
        return at >= 0;
    }

    /// <summary>The mode that waits because of what a session has, or <see cref="LockMode.Null"/> when it blocks nobody.</summary>
    public LockMode BlockedBy(SessionId session) =>
        TryGetHead(out var head) && head.Session != session && TryGet(session, out var own) && !LockModes.AreCompatible(own.Granted, head.Wanted)
            ? head.Wanted
            : LockMode.Null;

    /// <summary>
    /// Asks for a mode: behind everybody in the queue, then granted if it can be. Unless <paramref name="keepGranted"/> (somebody uses it), what the session has is
    /// given up in the same step: two sessions that wait for exclusive and both keep shared would wait for ever. A pinned upgrade goes before every request that is
    /// not: who asked first for exclusive could not have it before the shared grant that will not be given up while its user waits.
    /// </summary>
    public void Want(SessionId session, LockMode mode, ulong request, EntryFlags flags, bool keepGranted, List<RecordHint> hints)
    {
        var at = IndexOf(session);
        if (at < 0)
        {
            if (_entries.Count >= MaxEntries)
                throw new InvalidOperationException($"a lock record takes {MaxEntries} sessions at most");
            at = _entries.Count;
            Flags &= ~RecordFlags.Orphan;
            _entries.Add(new LockEntry(session, LockMode.Null, LockMode.Null, EntryFlags.None, 0, 0, 0));
        }

        var entry = _entries[at];
        if (entry.Granted >= mode || (entry.Wanted == mode && entry.Request == request))
            return;
        var keep = keepGranted && entry.Granted != LockMode.Null;
        var kept = keep ? EntryFlags.Convert | (flags & EntryFlags.Pinned) : EntryFlags.None;
        // Out of the queue first: a request that replaces another loses its place.
        _entries[at] = entry with { Wanted = LockMode.Null, Sequence = 0, Flags = EntryFlags.None };
        var place = (kept & EntryFlags.Pinned) != 0 ? PlaceBeforeUnpinned() : NextSequence();
        _entries[at] = new LockEntry(session, keep ? entry.Granted : LockMode.Null, mode, (flags & EntryFlags.Try) | kept, place, keep ? entry.Token : 0, request);
        Grant(hints);
    }

    /// <summary>Lowers what a session has. From exclusive, <paramref name="value"/> (when given) becomes the value. A request that waits keeps its place.</summary>
    public void Yield(SessionId session, LockMode to, ReadOnlySpan<byte> value, List<RecordHint> hints)
    {
        var at = IndexOf(session);
        if (at < 0 || _entries[at].Granted <= to)
            return;
        var entry = _entries[at];
        if (entry.Granted == LockMode.Exclusive && !value.IsEmpty)
            StoreValue(entry, value);
        var flags = to == LockMode.Null ? entry.Flags & EntryFlags.Try : entry.Flags;
        _entries[at] = entry with { Granted = to, Token = to == LockMode.Null ? 0 : entry.Token, Flags = flags };
        Grant(hints);
    }

    /// <summary>Withdraws a request; one that has been granted meanwhile stays granted.</summary>
    public void Cancel(SessionId session, ulong request, List<RecordHint> hints)
    {
        var at = IndexOf(session);
        if (at < 0 || !_entries[at].IsWaiting || _entries[at].Request != request)
            return;
        _entries[at] = _entries[at] with { Wanted = LockMode.Null, Sequence = 0, Flags = EntryFlags.None };
        Grant(hints);
    }

    /// <summary>Removes a session that has finished with the lock; from exclusive, <paramref name="value"/> (when given) becomes the value.</summary>
    public void Drop(SessionId session, ReadOnlySpan<byte> value, List<RecordHint> hints)
    {
        var at = IndexOf(session);
        if (at < 0)
            return;
        if (_entries[at].Granted == LockMode.Exclusive && !value.IsEmpty)
            StoreValue(_entries[at], value);
        _entries.RemoveAt(at);
        Grant(hints);
    }

    /// <summary>Removes a session that is known to be dead. If it was exclusive the value is suspect, or with <paramref name="zeroValue"/> lost.</summary>
    public void Reap(SessionId session, bool zeroValue, List<RecordHint> hints)
    {
        var at = IndexOf(session);
        if (at < 0)
            return;
        if (_entries[at].Granted == LockMode.Exclusive)
        {
            Flags |= RecordFlags.ValueSuspect;
            if (zeroValue)
                Value = new byte[ValueBytes];
        }

        _entries.RemoveAt(at);
        if (_entries.Count == 0 && (Flags & (RecordFlags.ValueSet | RecordFlags.ValueSuspect)) != 0)
            Flags |= RecordFlags.Orphan;
        Grant(hints);
    }

    /// <summary>Writes the value under an exclusive grant that is kept; false when the session has none.</summary>
    public bool SetValue(SessionId session, ReadOnlySpan<byte> value)
    {
        var at = IndexOf(session);
        if (at < 0 || _entries[at].Granted != LockMode.Exclusive)
            return false;
        StoreValue(_entries[at], value);
        AssertInvariants();
        return true;
    }

    /// <summary>Hands out one token to nobody, so that every token handed out before is stale.</summary>
    public void SkipToken() => Generation = checked(Generation + 1);

    /// <summary>Who stands in the way of the head of the queue.</summary>
    public void HintBlockers(List<RecordHint> hints)
    {
        if (!TryGetHead(out var head))
            return;
        foreach (var entry in _entries)
        {
            if (entry.Session != head.Session && !LockModes.AreCompatible(entry.Granted, head.Wanted))
                Hint(hints, new RecordHint(HintKind.Recall, entry.Session, head.Wanted));
        }
    }

    /// <summary>Who stood in the way of the head of the queue in an earlier state of the record and does no more.</summary>
    public void HintCleared(LockRecord earlier, List<RecordHint> hints)
    {
        foreach (var entry in _entries)
        {
            if (earlier.BlockedBy(entry.Session) != LockMode.Null && BlockedBy(entry.Session) == LockMode.Null)
                Hint(hints, new RecordHint(HintKind.Clear, entry.Session, LockMode.Null));
        }
    }

    /// <summary>What is wrong with the record, or null.</summary>
    public string? Violation()
    {
        var exclusive = 0;
        var shared = 0;
        for (var i = 0; i < _entries.Count; i++)
        {
            var entry = _entries[i];
            exclusive += entry.Granted == LockMode.Exclusive ? 1 : 0;
            shared += entry.Granted == LockMode.Shared ? 1 : 0;
            if (entry.IsWaiting && entry.Wanted <= entry.Granted)
                return $"{entry.Session} wants {entry.Wanted} and has {entry.Granted}";
            if (entry.IsWaiting != (entry.Sequence != 0))
                return $"{entry.Session} has place {entry.Sequence} and wants {entry.Wanted}";
            if (entry.Token > Generation || (entry.Granted == LockMode.Null) != (entry.Token == 0))
                return $"{entry.Session} has token {entry.Token} at {entry.Granted}, generation {Generation}";
            for (var j = 0; j < i; j++)
            {
                if (_entries[j].Session == entry.Session)
                    return $"{entry.Session} appears twice";
                if (entry.IsWaiting && _entries[j].Sequence == entry.Sequence)
                    return $"place {entry.Sequence} is taken twice";
                if (entry.Token != 0 && _entries[j].Token == entry.Token)
                    return $"token {entry.Token} was given twice";
            }
        }

        if (exclusive > 1 || (exclusive == 1 && shared > 0))
            return $"{exclusive} exclusive and {shared} shared grants at one time";
        return ValueGeneration > Generation ? $"value of token {ValueGeneration}, generation {Generation}" : null;
    }

    private void Grant(List<RecordHint> hints)
    {
        while (HeadIndex() is >= 0 and var at)
        {
            var head = _entries[at];
            if (!IsGrantable(head))
            {
                HintBlockers(hints);
                break;
            }

            Generation = checked(Generation + 1);
            _entries[at] = new LockEntry(head.Session, head.Wanted, LockMode.Null, EntryFlags.None, 0, Generation, head.Request);
            Hint(hints, new RecordHint(HintKind.Grant, head.Session, head.Wanted));
        }

        AssertInvariants();
    }

    private bool IsGrantable(LockEntry head)
    {
        foreach (var entry in _entries)
        {
            if (entry.Session != head.Session && !LockModes.AreCompatible(entry.Granted, head.Wanted))
                return false;
        }

        return true;
    }

    // One hint for each session is enough, as it carries the whole record; a grant says more than a recall.
    private static void Hint(List<RecordHint> hints, RecordHint hint)
    {
        for (var i = 0; i < hints.Count; i++)
        {
            if (hints[i].Session != hint.Session)
                continue;
            if (hint.Kind == HintKind.Grant)
                hints[i] = hint;
            return;
        }

        hints.Add(hint);
    }

    private void StoreValue(LockEntry writer, ReadOnlySpan<byte> value)
    {
        Value = value[..ValueBytes].ToArray();
        ValueGeneration = writer.Token;
        Flags = (Flags | RecordFlags.ValueSet) & ~RecordFlags.ValueSuspect;
    }

    private uint NextSequence()
    {
        uint highest = 0;
        foreach (var entry in _entries)
            highest = Math.Max(highest, entry.Sequence);
        // Above it, the queue has not been empty for two thousand million requests: number it again, in its order.
        return highest < RenumberAbove ? highest + 1 : Renumber(static _ => true);
    }

    private uint PlaceBeforeUnpinned() => Renumber(static entry => (entry.Flags & EntryFlags.Pinned) != 0);

    // Numbers the queue from 1 on in its order and leaves out the place behind those of whom the condition holds, which come first.
    private uint Renumber(Func<LockEntry, bool> isBefore)
    {
        uint next = 1;
        uint place = 0;
        foreach (var entry in _entries.Where(e => e.IsWaiting).OrderBy(e => !isBefore(e)).ThenBy(e => e.Sequence).ToArray())
        {
            if (place == 0 && !isBefore(entry))
                place = next++;
            _entries[IndexOf(entry.Session)] = entry with { Sequence = next++ };
        }

        return place == 0 ? next : place;
    }

    private int IndexOf(SessionId session)
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Session == session)
                return i;
        }

        return -1;
    }

    private int HeadIndex()
    {
        var found = -1;
        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].IsWaiting && (found < 0 || _entries[i].Sequence < _entries[found].Sequence))
                found = i;
        }

        return found;
    }

    private void AssertInvariants()
    {
        if (Violation() is { } violation)
            throw new InvalidOperationException($"a transition broke a lock record: {violation}");
    }
}

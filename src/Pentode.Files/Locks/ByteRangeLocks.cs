using Pentode.Core;

namespace Pentode.Files.Locks;

/// <summary>
/// The byte-range locks of one file, with the splitting and merging of POSIX record locks. A lock belongs to an owner and remembers the
/// open file it came through, so that closing that file gives it back. Never blocks; thread safe.
/// </summary>
public sealed class ByteRangeLocks
{
    /// <summary>Most ranges kept for one file; further ones fail with ENOLCK.</summary>
    public const int MaximumRanges = 65536;

    private readonly Lock _gate = new();
    private readonly ILockMirror? _mirror;
    private List<Range> _ranges = [];

    /// <summary>An empty table, whose locks <paramref name="mirror"/> shows to others.</summary>
    public ByteRangeLocks(ILockMirror? mirror = null)
    {
        _mirror = mirror;
    }

    /// <summary>Number of ranges held.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _ranges.Count;
        }
    }

    /// <summary>The strongest lock that came through an open file; Unlock for none.</summary>
    public LockType HeldThrough(object file)
    {
        var held = LockType.Unlock;
        lock (_gate)
        {
            foreach (var range in _ranges)
            {
                if (ReferenceEquals(range.File, file) && (held == LockType.Unlock || range.Type == LockType.Write))
                    held = range.Type;
            }
        }

        return held;
    }

    /// <summary>
    /// Tries to lock (EAGAIN when another owner is in the way) or, with <see cref="LockType.Unlock"/>, releases what the owner holds in the
    /// range, and with <see cref="LockOwner.LocksByFile"/> what came through <paramref name="file"/>. Length 0 reaches to the end of the file. EINVAL for a bad range.
    /// </summary>
    public Errno TryLock(object file, LockOwner owner, LockType type, long start, long length)
    {
        if (!TryEnd(start, length, out var end) || type > LockType.Unlock)
            return Errno.EINVAL;
        lock (_gate)
        {
            if (type == LockType.Unlock)
            {
                Cut(start, end, r => r.Owner == owner || (owner.LocksByFile && ReferenceEquals(r.File, file)), isGivenBack: true);
                return Errno.None;
            }

            if (FindConflict(owner, type, start, end) is not null)
                return Errno.EAGAIN;
            if (_ranges.Count >= MaximumRanges)
                return Errno.ENOLCK;
            if (_mirror?.Lock(file, owner, type, start, end) is { } error and not Errno.None)
                return error;
            Cut(start, end, r => r.Owner == owner, isGivenBack: false);
            Insert(new Range(owner, file, type, start, end));
            return Errno.None;
        }
    }

    /// <summary>The lock that would stop this one, or type Unlock. A request of type Unlock is taken as Write (Linux clients send it so).</summary>
    public LockRange Test(object file, LockOwner owner, LockType type, long start, long length)
    {
        var free = new LockRange(LockType.Unlock, start, length, owner.ProcessId, owner.ClientId);
        if (!TryEnd(start, length, out var end))
            return free;
        if (type == LockType.Unlock)
            type = LockType.Write;
        lock (_gate)
        {
            return FindConflict(owner, type, start, end) is { } found
                ? new LockRange(found.Type, found.Start, LengthOf(found.Start, found.End), found.Owner.ProcessId, found.Owner.ClientId)
                : _mirror?.Find(file, owner, type, start, end) ?? free;
        }
    }

    /// <summary>The first range that an owner holds within others, for whoever must give it back elsewhere; false when there is none.</summary>
    public bool TryFindHeld(LockOwner owner, long start, long length, out HeldRange held)
    {
        held = default;
        if (!TryEnd(start, length, out var end))
            return false;
        lock (_gate)
        {
            if (_ranges.Find(r => r.Owner == owner && r.Start <= end && r.End >= start) is not { } first)
                return false;
            var (from, to) = (Math.Max(start, first.Start), Math.Min(end, first.End));
            var isAlone = true;
            var isCovered = false;
            foreach (var range in _ranges)
            {
                if (range.Start > end || range.End < start)
                    continue;
                var isSameFile = ReferenceEquals(range.File, first.File);
                var isSameOwner = range.Owner == owner;
                isAlone &= isSameFile == isSameOwner;
                isCovered |= isSameFile && !isSameOwner && range.Start <= to && range.End >= from;
            }

            held = new HeldRange(first.File, from, LengthOf(from, to), isAlone, isCovered);
            return true;
        }
    }

    /// <summary>Releases all that came through an open file; false when nothing did.</summary>
    public bool ReleaseFile(object file)
    {
        lock (_gate)
            return Cut(0, long.MaxValue, r => ReferenceEquals(r.File, file), isGivenBack: true);
    }

    /// <summary>Length as users give it: 0 to the end of the file.</summary>
    internal static long LengthOf(long start, long end) => end == long.MaxValue ? 0 : end - start + 1;

    /// <summary>Checks a range and gives its last byte.</summary>
    private static bool TryEnd(long start, long length, out long end)
    {
        end = long.MaxValue;
        if (start < 0 || length < 0)
            return false;
        if (length != 0 && length - 1 < long.MaxValue - start)
            end = start + length - 1;
        return true;
    }

    private Range? FindConflict(LockOwner owner, LockType type, long start, long end)
    {
        Range? first = null;
        foreach (var range in _ranges)
        {
            if (range.Start <= end && range.End >= start && (type == LockType.Write || range.Type == LockType.Write) && range.Owner != owner &&
                (first is null || range.Start < first.Start))
                first = range;
        }

        return first;
    }

    /// <summary>Takes a range out of the locks that match, splitting what sticks out; the mirror hears of what is given back. False when none matched.</summary>
    private bool Cut(long start, long end, Predicate<Range> match, bool isGivenBack)
    {
        List<Range>? kept = null;
        HashSet<LockOwner>? owners = null;
        for (var i = 0; i < _ranges.Count; i++)
        {
            var range = _ranges[i];
            if (range.Start > end || range.End < start || !match(range))
            {
                kept?.Add(range);
                continue;
            }

            kept ??= [.. _ranges[..i]];
            if (range.Start < start)
                kept.Add(range with { End = start - 1 });
            if (range.End > end)
                kept.Add(range with { Start = end + 1 });
            if (!isGivenBack || _mirror is null)
                continue;
            _mirror.Unlock(range.Owner, Math.Max(start, range.Start), Math.Min(end, range.End));
            (owners ??= []).Add(range.Owner);
        }

        if (kept is null)
            return false;
        _ranges = kept;
        foreach (var owner in owners ?? [])
        {
            if (!_ranges.Exists(r => r.Owner == owner))
                _mirror!.Forget(owner);
        }

        return true;
    }

    /// <summary>Adds a range, merged with its neighbours of the same owner, kind and open file.</summary>
    private void Insert(Range added)
    {
        for (var i = _ranges.Count - 1; i >= 0; i--)
        {
            var range = _ranges[i];
            if (range.Type != added.Type || !ReferenceEquals(range.File, added.File) || range.Owner != added.Owner)
                continue;
            var touchesBefore = range.End != long.MaxValue && range.End + 1 == added.Start;
            var touchesAfter = added.End != long.MaxValue && added.End + 1 == range.Start;
            if (!touchesBefore && !touchesAfter)
                continue;
            added = touchesBefore ? added with { Start = range.Start } : added with { End = range.End };
            _ranges.RemoveAt(i);
        }

        _ranges.Add(added);
    }

    private sealed record Range(LockOwner Owner, object File, LockType Type, long Start, long End);
}

namespace Pentode.Fuse;

/// <summary>
/// Decides whether to look for the next request for some microseconds before sleeping. A program that makes one call after the other asks again
/// sooner than a thread can be woken, and being woken costs both sides more than looking; everywhere else looking is in vain. So the gaps between
/// sleep and next request are watched, and only after several short ones it is tried, until it fails too often. Times are nanoseconds.
/// </summary>
internal sealed class FuseSpin(int processors)
{
    /// <summary>How long to look.</summary>
    public const long LookNs = 20_000;

    // A wake-up takes some time of its own, which looking would save.
    private const long ShortGapNs = 2 * LookNs;
    private const int Threshold = 4;
    private const int MostCredit = 16;
    private const int MissCost = 4;

    private int _credit;

    /// <summary>Looking is likely to find something. Never with one processor, where it would only keep the asker from asking.</summary>
    public bool IsWorthIt => _credit >= Threshold && processors > 1;

    /// <summary>It slept so long until the next request.</summary>
    public void Slept(long gapNs) => _credit = gapNs <= ShortGapNs ? Math.Min(_credit + 1, MostCredit) : Math.Max(_credit - 1, 0);

    /// <summary>It looked, and found something or nothing.</summary>
    public void Looked(bool found) => _credit = found ? Math.Min(_credit + 1, MostCredit) : Math.Max(_credit - MissCost, 0);
}

using System.Diagnostics;
using System.Numerics;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>A histogram of times in powers of two microseconds.</summary>
internal sealed class LatencyCounts
{
    private readonly ulong[] _counts = new ulong[RingsWire2.HistogramCounts];

    public IReadOnlyList<ulong> Counts => _counts;

    public void Clear() => Array.Clear(_counts);

    /// <summary>Counts the time between two stamps of <see cref="Stopwatch"/>.</summary>
    public void Add(long from, long to)
    {
        var microseconds = (ulong)Math.Max(0, to - from) * 1_000_000 / (ulong)Stopwatch.Frequency;
        _counts[Math.Min(RingsWire2.HistogramCounts - 1, 64 - BitOperations.LeadingZeroCount(microseconds))]++;
    }
}

using Pentode.Blocks;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>
/// The work of a copy: runs of data and of zeroes, cut into requests as they are taken. Thread safe. Runs of zeroes are aligned inward; what
/// is left over counts as data.
/// </summary>
internal sealed class CopyPlan(long size, int alignment, int requestBytes)
{
    private const long ZeroRequestBytes = 64L << 20;

    // Of a source in more pieces than this the rest is read: the content is what counts.
    private const int MaxRuns = 4 << 20;

    private readonly Lock _gate = new();
    private readonly List<(long End, bool IsZero)> _runs = [];
    private int _run;
    private long _next;
    private long _planned;

    /// <summary>Bytes to copy.</summary>
    public long Size => size;

    /// <summary>First byte not planned yet, and whether planning goes on. Before the first <see cref="TryTake"/>.</summary>
    public long Planned => _planned;

    /// <summary>True when the map is complete or too large to be worth more.</summary>
    public bool IsComplete => _planned >= size || _runs.Count >= MaxRuns;

    /// <summary>Adds the next extent.</summary>
    public void Add(BlockExtent extent)
    {
        var start = _planned;
        var end = Math.Min(size, start + extent.Length);
        if (extent.IsZero)
        {
            var zeroStart = (start + alignment - 1) / alignment * alignment;
            var zeroEnd = end == size ? end : end / alignment * alignment;
            if (zeroEnd > zeroStart)
            {
                Append(zeroStart, isZero: false);
                Append(zeroEnd, isZero: true);
            }
        }

        Append(end, isZero: false);
        _planned = end;
    }

    /// <summary>Takes the next request; false when all were taken.</summary>
    public bool TryTake(out long offset, out long length, out bool isZero)
    {
        lock (_gate)
        {
            while (_run < _runs.Count && _runs[_run].End <= _next)
                _run++;
            isZero = _run < _runs.Count && _runs[_run].IsZero;
            var end = _run < _runs.Count ? _runs[_run].End : size;
            offset = _next;

            // Requests end at multiples of their size, which suits disks and keeps every cut aligned.
            var most = isZero ? ZeroRequestBytes : requestBytes - (offset % requestBytes);
            length = Math.Min(end - offset, most);
            _next += length;
            return length > 0;
        }
    }

    private void Append(long end, bool isZero)
    {
        var start = _runs.Count > 0 ? _runs[^1].End : 0;
        if (end <= start)
            return;
        if (_runs.Count > 0 && _runs[^1].IsZero == isZero)
            _runs[^1] = (end, isZero);
        else
            _runs.Add((end, isZero));
    }
}

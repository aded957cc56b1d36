namespace Pentode.Nbd.Client;

/// <summary>Which bytes of a request have arrived: disjoint ranges in order, neighbours merged. In-order arrival keeps one range and allocates nothing.</summary>
internal sealed class ByteRanges
{
    /// <summary>Pieces a reply may have at a time; a server that scatters more is taken for hostile.</summary>
    public const int MaxRanges = 4096;

    private readonly List<(long Start, long End)> _ranges = [];

    /// <summary>Forgets all.</summary>
    public void Clear() => _ranges.Clear();

    /// <summary>True when exactly everything from 0 to <paramref name="length"/> is there.</summary>
    public bool Covers(long length) => _ranges.Count == 1 ? _ranges[0] == (0, length) : _ranges.Count == 0 && length == 0;

    /// <summary>Adds a range; false when a byte of it is there already or there are too many pieces.</summary>
    public bool TryAdd(long start, long end)
    {
        if (_ranges.Count > 0 && _ranges[^1].End == start)
        {
            _ranges[^1] = (_ranges[^1].Start, end);
            return true;
        }

        // First range that ends after the new start.
        var low = 0;
        var high = _ranges.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End <= start)
                low = middle + 1;
            else
                high = middle;
        }

        if (low < _ranges.Count && _ranges[low].Start < end)
            return false;
        var joinsLeft = low > 0 && _ranges[low - 1].End == start;
        var joinsRight = low < _ranges.Count && _ranges[low].Start == end;
        if (joinsLeft)
        {
            _ranges[low - 1] = (_ranges[low - 1].Start, joinsRight ? _ranges[low].End : end);
            if (joinsRight)
                _ranges.RemoveAt(low);
        }
        else if (joinsRight)
        {
            _ranges[low] = (start, _ranges[low].End);
        }
        else
        {
            _ranges.Insert(low, (start, end));
        }

        return _ranges.Count <= MaxRanges;
    }
}

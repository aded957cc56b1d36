namespace Pentode.Locks.Stores;

/// <summary>Ranges of keys in stores that know only "from here, up to there".</summary>
internal static class KeyRange
{
    /// <summary>The first key behind all keys with that prefix; null when there is none (a prefix of 0xff only).</summary>
    public static byte[]? EndOfPrefix(ReadOnlySpan<byte> prefix)
    {
        var length = prefix.LastIndexOfAnyExcept((byte)0xff) + 1;
        if (length == 0)
            return null;
        var end = prefix[..length].ToArray();
        end[^1]++;
        return end;
    }
}

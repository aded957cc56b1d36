namespace Pentode.Daemon.Configuration;

/// <summary>Finds what the user probably meant.</summary>
public static class NearestName
{
    /// <summary>The candidate with the smallest edit distance when it is small enough to be a typing error, else null.</summary>
    public static string? Find(string text, IEnumerable<string> candidates)
    {
        string? best = null;
        var limit = Math.Max(2, text.Length / 3) + 1;
        foreach (var candidate in candidates)
        {
            var distance = Distance(text.ToLowerInvariant(), candidate);
            if (distance >= limit || distance >= candidate.Length)
                continue;
            limit = distance;
            best = candidate;
        }

        return best;
    }

    /// <summary>"; did you mean 'x'?" or nothing.</summary>
    public static string Hint(string text, IEnumerable<string> candidates) =>
        Find(text, candidates) is { } name ? $"; did you mean '{name}'?" : "";

    /// <summary>Edits (insert, delete, replace, swap of neighbours) that turn one text into the other.</summary>
    public static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replace, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}

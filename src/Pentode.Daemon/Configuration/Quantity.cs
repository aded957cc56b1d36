using System.Globalization;

namespace Pentode.Daemon.Configuration;

/// <summary>Sizes ("64KiB", "1GiB", "4096") and durations ("250ms", "30s", "5m", "1h").</summary>
public static class Quantity
{
    private static readonly (string Suffix, long Factor)[] s_sizes =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30),
        ("T", 1L << 40), ("B", 1), ("", 1),
    ];

    private static readonly (string Suffix, long Factor)[] s_durations =
        [("ms", 1), ("s", 1000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    /// <summary>Bytes; units are binary. False for a negative, fractional or overflowing number.</summary>
    public static bool TryParseSize(string text, out long bytes) => TryParse(text, s_sizes, out bytes);

    /// <summary>A duration; the unit is required.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        var parsed = TryParse(text, s_durations, out var milliseconds) && milliseconds <= int.MaxValue;
        duration = parsed ? TimeSpan.FromMilliseconds(milliseconds) : default;
        return parsed;
    }

    /// <summary>A size for people: "64.0 MiB".</summary>
    public static string FormatSize(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }

    private static bool TryParse(string text, (string Suffix, long Factor)[] units, out long value)
    {
        value = 0;
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        if (!long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        var suffix = text[digits..].Trim();
        foreach (var (name, factor) in units)
        {
            if (!string.Equals(name, suffix, StringComparison.OrdinalIgnoreCase))
                continue;
            if (number > long.MaxValue / factor)
                return false;
            value = number * factor;
            return true;
        }

        return false;
    }
}

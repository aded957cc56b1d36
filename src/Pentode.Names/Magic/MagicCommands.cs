using System.Text;

namespace Pentode.Names.Magic;

/// <summary>The table of commands: from the groups of a name to what they ask for. Pure.</summary>
public static class MagicCommands
{
    /// <summary>Highest level.</summary>
    public const int HighestLevel = 7;

    /// <summary>Longest name of a tag in bytes.</summary>
    public const int LongestTagName = 62;

    /// <summary>Seconds of a pin that does not say.</summary>
    public const long DefaultPinSeconds = 300;

    /// <summary>Longest pin in seconds: ten years.</summary>
    public const long LongestPinSeconds = 10L * 365 * 86400;

    /// <summary>Checksum types with the number of hex digits of their values.</summary>
    public static IReadOnlyDictionary<string, int> ChecksumTypes { get; } = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["ADLER32"] = 8,
        ["CRC32"] = 8,
        ["CRC32C"] = 8,
        ["MD5_TYPE"] = 32,
        ["MD4_TYPE"] = 32,
        ["SHA1"] = 40,
        ["SHA256"] = 64,
        ["SHA512"] = 128,
    };

    /// <summary>What a name asks for; null when no command is spelt so, or its arguments are of the wrong number or kind.</summary>
    public static MagicCommand? Understand(MagicName name)
    {
        var count = name.Count;
        var word = Encoding.Latin1.GetString(name.Command);
        return (word, count) switch
        {
            ("id", 1) => OfFile(MagicKind.Id, name[0]),
            ("nameof", 1) => OfId(MagicKind.NameOf, name[0]),
            ("parent", 1) => OfId(MagicKind.Parent, name[0]),
            ("pathof", 1) => OfId(MagicKind.PathOf, name[0]),
            ("showid", 1) => OfId(MagicKind.ShowId, name[0]),
            ("const", 1) => new MagicCommand { Kind = MagicKind.Constant, Name = name[0] },
            ("access", 1) => OfId(MagicKind.Access, name[0]),
            ("access", 2) => Level(name, 1) is { } level ? OfId(MagicKind.Access, name[0]) is { } of ? of with { Number = level } : null : null,
            ("use", 2) => Level(name, 0) is { } level ? OfFile(MagicKind.Level, name[1]) is { } of ? of with { Number = level } : null : null,
            ("tag", 1) => name[0].Length is > 0 and <= LongestTagName && IsComponent(name[0]) ? new MagicCommand { Kind = MagicKind.Tag, Name = name[0] } : null,
            ("tags", 1) when name[0].IsEmpty => new MagicCommand { Kind = MagicKind.TagList },
            ("config", 0) => new MagicCommand { Kind = MagicKind.Wormhole },
            ("config", 1) => name[0].IsEmpty ? new MagicCommand { Kind = MagicKind.Wormhole } : OfFile(MagicKind.Wormhole, name[0]),
            ("get", 1 or 2) => Get(name),
            ("checksums", 1) when name[0].IsEmpty => new MagicCommand { Kind = MagicKind.ChecksumTypes },
            ("suri", 1) => OfFile(MagicKind.Locations, name[0]),
            ("fset", >= 2) => Switch(name, OfFile(MagicKind.SetIo, name[0])),
            ("pset", >= 2) => Switch(name, OfId(MagicKind.SetIo, name[0])),
            ("collection", 0) => new MagicCommand { Kind = MagicKind.Labels },
            (_, 1) when IsNumber(name.Command) => OfFile(MagicKind.TopDirectory, name[0]) is { } of ? of with { Number = NumberOf(name.Command) } : null,
            _ => null,
        };
    }

    private static MagicCommand? Get(MagicName name)
    {
        var word = Encoding.Latin1.GetString(name[0].Span);
        if (name.Count == 1)
        {
            return word switch
            {
                "cursor" => new MagicCommand { Kind = MagicKind.Cursor },
                "database" => new MagicCommand { Kind = MagicKind.Database, Number = 0 },
                "counters" => new MagicCommand { Kind = MagicKind.Counters, Number = 0 },
                _ => null,
            };
        }

        if (word is "database" or "counters" && name.Number(1) is { } number)
            return new MagicCommand { Kind = word == "database" ? MagicKind.Database : MagicKind.Counters, Number = number };
        MagicFact? fact = Encoding.Latin1.GetString(name[1].Span) switch
        {
            "locality" => MagicFact.Locality,
            "checksum" or "checksums" => MagicFact.Checksum,
            "pins" => MagicFact.Pins,
            "locations" => MagicFact.Locations,
            "io" => MagicFact.Io,
            "size" => MagicFact.Size,
            _ => null,
        };
        return fact is { } known && OfFile(MagicKind.Fact, name[0]) is { } of ? of with { Fact = known } : null;
    }

    private static MagicCommand? Switch(MagicName name, MagicCommand? target)
    {
        if (target is null)
            return null;
        var word = Encoding.Latin1.GetString(name[1].Span);
        return (word, name.Count) switch
        {
            ("io", 2) => target with { Kind = MagicKind.SetIo, Number = 1 },
            ("io", 3) => OnOff(name[2].Span) is { } on ? target with { Kind = MagicKind.SetIo, Number = on } : null,
            ("size", 3) => name.Number(2) is { } size ? target with { Kind = MagicKind.SetSize, Number = size } : null,
            ("pin" or "stage" or "bringonline", 2) => target with { Kind = MagicKind.SetPin, Number = DefaultPinSeconds },
            ("pin" or "stage" or "bringonline", 3 or 4) => Seconds(name) is { } seconds ? target with { Kind = MagicKind.SetPin, Number = seconds } : null,
            ("unpin", 2) => target with { Kind = MagicKind.SetPin, Number = 0 },
            ("checksum", 4) => Checksum(name, target),
            _ => null,
        };
    }

    private static MagicCommand? Checksum(MagicName name, MagicCommand target)
    {
        var type = Encoding.Latin1.GetString(name[2].Span).ToUpperInvariant();
        var value = Encoding.Latin1.GetString(name[3].Span).ToLowerInvariant();
        return ChecksumTypes.TryGetValue(type, out var digits) && value.Length == digits && value.All(char.IsAsciiHexDigit)
            ? target with { Kind = MagicKind.SetChecksum, ChecksumType = type, ChecksumValue = value }
            : null;
    }

    // Seconds, or a number of the units of java.util.concurrent.TimeUnit or their first letters.
    private static long? Seconds(MagicName name)
    {
        if (name.Number(2) is not { } number)
            return null;
        var unit = name.Count == 3 ? "SECONDS" : Encoding.Latin1.GetString(name[3].Span).ToUpperInvariant();
        (long Factor, long Divisor) scale = unit switch
        {
            "NANOSECONDS" => (1, 1_000_000_000),
            "MICROSECONDS" => (1, 1_000_000),
            "MILLISECONDS" => (1, 1000),
            "S" or "SECONDS" => (1, 1),
            "M" or "MINUTES" => (60, 1),
            "H" or "HOURS" => (3600, 1),
            "D" or "DAYS" => (86400, 1),
            _ => (0, 1),
        };
        if (scale.Factor == 0)
            return null;

        // Part of a second is a second: nothing but 0 takes a pin away.
        var seconds = number > LongestPinSeconds && scale.Divisor == 1 ? long.MaxValue : ((number * scale.Factor) + scale.Divisor - 1) / scale.Divisor;
        return Math.Min(seconds, LongestPinSeconds);
    }

    private static MagicCommand? OfFile(MagicKind kind, ReadOnlyMemory<byte> file) =>
        IsComponent(file) ? new MagicCommand { Kind = kind, Name = file } : null;

    private static MagicCommand? OfId(MagicKind kind, ReadOnlyMemory<byte> id)
    {
        if (id.Length is not ((>= 1 and <= 24) or 36))
            return null;
        foreach (var digit in id.Span)
        {
            if (!char.IsAsciiHexDigit((char)digit))
                return null;
        }

        return new MagicCommand { Kind = kind, Id = id };
    }

    // "." and ".." have facts like everything else; the path separator cannot occur.
    private static bool IsComponent(ReadOnlyMemory<byte> name) => !name.IsEmpty && name.Span.IndexOfAny((byte)'/', (byte)0) < 0 && !MagicName.IsMagic(name.Span);

    private static long? Level(MagicName name, int index) => name.Number(index) is { } level and <= HighestLevel ? level : null;

    private static long? OnOff(ReadOnlySpan<byte> text) => text.SequenceEqual("on"u8) ? 1 : text.SequenceEqual("off"u8) ? 0 : null;

    private static bool IsNumber(ReadOnlySpan<byte> text) => text.Length is > 0 and <= 9 && text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static long NumberOf(ReadOnlySpan<byte> digits)
    {
        long value = 0;
        foreach (var digit in digits)
            value = (value * 10) + (digit - '0');
        return value;
    }
}

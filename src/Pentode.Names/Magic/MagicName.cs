namespace Pentode.Names.Magic;

/// <summary>
/// A name of the form <c>.(word)(argument)…</c>, split into its groups. Pure; arguments are bytes as in every file name. Parentheses inside a
/// group must balance, so file names that contain them work; those of other files are reached by id instead (<c>.(pset)</c>, <c>.(access)</c>).
/// </summary>
public sealed class MagicName
{
    /// <summary>Most groups a name may have; more is malformed.</summary>
    public const int MaximumGroups = 8;

    private readonly ReadOnlyMemory<byte>[] _groups;

    private MagicName(ReadOnlyMemory<byte>[] groups)
    {
        _groups = groups;
    }

    /// <summary>The first group.</summary>
    public ReadOnlySpan<byte> Command => _groups[0].Span;

    /// <summary>Number of groups after the first.</summary>
    public int Count => _groups.Length - 1;

    /// <summary>Group <paramref name="index"/> after the first.</summary>
    public ReadOnlyMemory<byte> this[int index] => _groups[index + 1];

    /// <summary>True for every name that begins as a magic one does, well formed or not.</summary>
    public static bool IsMagic(ReadOnlySpan<byte> name) => name.StartsWith(".("u8);

    /// <summary>Splits a name; null when parentheses do not balance, something stands outside them, or there are too many groups.</summary>
    public static MagicName? Parse(ReadOnlyMemory<byte> name)
    {
        var span = name.Span;
        if (!IsMagic(span))
            return null;
        var groups = new List<ReadOnlyMemory<byte>>(4);
        var position = 1;
        while (position < span.Length)
        {
            if (span[position] != '(' || groups.Count == MaximumGroups)
                return null;
            var start = ++position;
            for (var depth = 1; ; position++)
            {
                if (position == span.Length)
                    return null;
                depth += span[position] switch { (byte)'(' => 1, (byte)')' => -1, _ => 0 };
                if (depth == 0)
                    break;
            }

            groups.Add(name[start..position]);
            position++;
        }

        return new MagicName([.. groups]);
    }

    /// <summary>A group as a decimal number; null when it is none or longer than 18 digits.</summary>
    public long? Number(int index)
    {
        var digits = this[index].Span;
        if (digits.Length is 0 or > 18)
            return null;
        long value = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return null;
            value = (value * 10) + (digit - '0');
        }

        return value;
    }
}

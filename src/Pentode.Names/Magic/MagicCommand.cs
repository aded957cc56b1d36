namespace Pentode.Names.Magic;

/// <summary>A magic name understood: its kind and arguments in their types.</summary>
public sealed record MagicCommand
{
    /// <summary>What is asked for.</summary>
    public required MagicKind Kind { get; init; }

    /// <summary>Name of a file, tag, directory or label; empty when the target is an id.</summary>
    public ReadOnlyMemory<byte> Name { get; init; }

    /// <summary>Target by id, in hexadecimal; empty when it is a name.</summary>
    public ReadOnlyMemory<byte> Id { get; init; }

    /// <summary>True when <see cref="Id"/> names the target.</summary>
    public bool IsById => !Id.IsEmpty;

    /// <summary>Level, size, seconds, switch position (0 off, 1 on) or number of a database; null when not given.</summary>
    public long? Number { get; init; }

    /// <summary>Fact of a file.</summary>
    public MagicFact Fact { get; init; }

    /// <summary>Type of a checksum, in upper case.</summary>
    public string ChecksumType { get; init; } = "";

    /// <summary>Value of a checksum, in lower case.</summary>
    public string ChecksumValue { get; init; } = "";
}

namespace Pentode.Rings.Wire.V2;

/// <summary>Flags of a submission.</summary>
[Flags]
public enum RingsEntryFlags : byte
{
    None = 0,

    /// <summary>The next record starts when this one has ended well.</summary>
    Link = 1,

    /// <summary>The next record starts however this one ends.</summary>
    HardLink = 2,

    /// <summary>Goes on after a completion.</summary>
    Multishot = 4,

    /// <summary>A success posts no completion.</summary>
    Quiet = 8,

    /// <summary>All there are.</summary>
    All = 15,
}

namespace Pentode.Names.Magic;

/// <summary>Facts of <c>.(get)(file)(fact)</c>.</summary>
public enum MagicFact
{
    /// <summary>Where the data is: ONLINE, NEARLINE, …</summary>
    Locality,

    /// <summary>Checksums.</summary>
    Checksum,

    /// <summary>Pins.</summary>
    Pins,

    /// <summary>Locations.</summary>
    Locations,

    /// <summary>1 when enabled for I/O.</summary>
    Io,

    /// <summary>Recorded size.</summary>
    Size,
}

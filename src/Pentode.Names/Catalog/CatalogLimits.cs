namespace Pentode.Names.Catalog;

/// <summary>Limits of every store.</summary>
public static class CatalogLimits
{
    /// <summary>Longest name in bytes.</summary>
    public const int Name = 255;

    /// <summary>Longest name of a tag.</summary>
    public const int TagName = 62;

    /// <summary>Longest target of a symbolic link.</summary>
    public const int Target = 4095;

    /// <summary>Most hard links of one file, and of a directory by its subdirectories.</summary>
    public const long Links = 1_000_000_000;

    /// <summary>Piece of content that is one row.</summary>
    public const int Chunk = 64 * 1024;

    /// <summary>Highest level.</summary>
    public const int Level = 7;

    /// <summary>Most entries of one page of a listing.</summary>
    public const int Page = 4096;

    /// <summary>Longest value of an extended attribute.</summary>
    public const int ExtendedAttribute = 64 * 1024;

    /// <summary>Most bytes of names and values of extended attributes of one object.</summary>
    public const int ExtendedAttributes = 256 * 1024;

    /// <summary>Longest key of a call.</summary>
    public const int RequestKey = 64;

    /// <summary>Most directories above one another that a walk upwards follows.</summary>
    public const int Depth = 4096;

    /// <summary>Longest URI of a location.</summary>
    public const int Uri = 4096;

    /// <summary>Most locations, checksums, pins or labels of one file.</summary>
    public const int Facts = 1024;
}

namespace Pentode.Rings.Wire.V2;

/// <summary>What a server offers besides its operations.</summary>
[Flags]
public enum RingsFeatures : uint
{
    None = 0,

    /// <summary>Shared rings.</summary>
    SharedRing = 1,

    /// <summary>Paths are confined beneath roots.</summary>
    Confined = 2,

    /// <summary>Files are opened and changed as the client's user.</summary>
    ActsAsCaller = 4,
}

namespace Pentode.Rings.Wire.V2;

/// <summary>Flags of a completion.</summary>
[Flags]
public enum RingsCompletionFlags : uint
{
    None = 0,

    /// <summary>The operation goes on.</summary>
    More = 1,

    /// <summary>Data stand behind the records of the message.</summary>
    Payload = 2,

    /// <summary>The operation never started.</summary>
    Refused = 4,
}

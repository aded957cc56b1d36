namespace Pentode.Rings.Wire.V2;

/// <summary>Why a server ends a connection.</summary>
public enum RingsGoodbyeReason : uint
{
    None = 0,
    Magic = 1,
    Type = 2,
    Length = 3,
    Count = 4,
    Reserved = 5,
    Descriptors = 6,
    TooManyDescriptors = 7,
    RingCounters = 8,
    Internal = 9,
    Ending = 10,
}

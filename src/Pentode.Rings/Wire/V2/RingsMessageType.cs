namespace Pentode.Rings.Wire.V2;

/// <summary>Type of a message of protocol 2; from 128 on, of the server.</summary>
public enum RingsMessageType : ushort
{
    None = 0,
    Submit = 1,
    RegisterFiles = 2,
    RegisterRegion = 3,
    Release = 4,
    SetupRing = 5,
    GetStats = 6,
    SetWeight = 7,
    Complete = 128,
    Reply = 129,
    Stats = 130,
    Goodbye = 255,
}

namespace Pentode.Rings.Wire;

/// <summary>Order in which ready tasks of different clients are taken.</summary>
public enum RingsPriority : ushort
{
    /// <summary>Neither.</summary>
    Normal = 0,

    /// <summary>After all others.</summary>
    Low = 1,

    /// <summary>Before all others.</summary>
    High = 2,
}

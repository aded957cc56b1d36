namespace Pentode.Rings.Server.V2;

/// <summary>Where an operation is.</summary>
internal enum EngineTaskState
{
    Free,

    /// <summary>Behind another one of its chain.</summary>
    Chained,

    /// <summary>Waits for its turn.</summary>
    Pending,

    InKernel,

    /// <summary>A timeout, in the heap of times.</summary>
    Timer,

    /// <summary>A multishot without shots.</summary>
    Resting,
}

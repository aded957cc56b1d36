namespace Pentode.Daemon.Configuration;

/// <summary>The <c>engine:</c> section.</summary>
public sealed record EngineConfiguration
{
    /// <summary>auto, ring or portable.</summary>
    public string Kind { get; init; } = "auto";

    /// <summary>Loops; 0 for one per processor.</summary>
    public int Loops { get; init; }

    /// <summary>Tie each loop to a processor.</summary>
    public bool Pin { get; init; }
}

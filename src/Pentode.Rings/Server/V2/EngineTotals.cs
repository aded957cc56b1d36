namespace Pentode.Rings.Server.V2;

/// <summary>What all clients hold together.</summary>
internal sealed class EngineTotals
{
    /// <summary>Descriptors there are for them.</summary>
    public required int Room { get; init; }

    /// <summary>Descriptors they hold.</summary>
    public int Files { get; set; }
}

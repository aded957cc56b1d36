namespace Pentode.Testing.Locks.Simulation;

/// <summary>What goes wrong in a world while <see cref="SimulatedCluster"/> lets it.</summary>
/// <param name="RequestLoss">Chance that a request never arrives.</param>
/// <param name="ReplyLoss">Chance that an answer never arrives.</param>
/// <param name="LateRequest">Chance that a request arrives after its sender has given up.</param>
/// <param name="Refusal">Chance that a request is certainly not done.</param>
/// <param name="WatchLoss">Chance that an event of a watch is dropped.</param>
/// <param name="WatchRepeat">Chance that it comes twice.</param>
/// <param name="WatchBreak">Chance that the stream breaks at an event.</param>
/// <param name="MeanTimeToEventMs">Mean time between pauses, kills, partitions and outages; 0 for none.</param>
public sealed record SimulatedFaults(
    double RequestLoss,
    double ReplyLoss,
    double LateRequest,
    double Refusal,
    double WatchLoss,
    double WatchRepeat,
    double WatchBreak,
    int MeanTimeToEventMs)
{
    /// <summary>Nothing goes wrong.</summary>
    public static SimulatedFaults None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>A bad day.</summary>
    public static SimulatedFaults Heavy { get; } = new(0.01, 0.01, 0.01, 0.01, 0.1, 0.05, 0.005, 400);

    /// <summary>Only watches fail.</summary>
    public static SimulatedFaults Watches { get; } = new(0, 0, 0, 0, 0.5, 0.2, 0.02, 0);
}

using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>
/// What a connection needs and the next one can have: buffers, slots, queues, counts. Made anew for each, thousands of short connections a second
/// would be as many hundred megabytes of garbage.
/// </summary>
internal sealed class EnginePlace(EngineLimits limits)
{
    public RingsSessionMemory Memory { get; } = new(EngineSession.InputCapacity, EngineSession.OutputCapacity);

    /// <summary>Null where no descriptor was yet.</summary>
    public EngineFile?[] Files { get; } = new EngineFile?[limits.Files];

    /// <summary>Null where no region was yet.</summary>
    public EngineRegion?[] Regions { get; } = new EngineRegion?[limits.Regions];

    public Queue<int> Descriptors { get; } = new();

    public Queue<EngineReady> SocketReady { get; } = new();

    public Queue<RingsCompletionRecord> RingReady { get; } = new();

    public Queue<bool> RingCredits { get; } = new();

    public LatencyCounts Waits { get; } = new();

    public LatencyCounts Totals { get; } = new();

    /// <summary>As if nobody had been here.</summary>
    public void Clear()
    {
        Memory.Rest();
        Array.Clear(Files);
        Array.Clear(Regions);
        Descriptors.Clear();
        SocketReady.Clear();
        RingReady.Clear();
        RingCredits.Clear();
        Waits.Clear();
        Totals.Clear();
    }
}

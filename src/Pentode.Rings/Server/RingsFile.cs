namespace Pentode.Rings.Server;

/// <summary>A slot of a client for a descriptor.</summary>
internal sealed class RingsFile
{
    /// <summary>Resource id; 0 for a free slot.</summary>
    public uint Id;

    /// <summary>The descriptor, or -1: not yet there, or on its way out.</summary>
    public int Descriptor = -1;

    /// <summary>Tasks that use it.</summary>
    public int InFlight;

    public FileNature Nature;

    /// <summary>Of a pipe; null for others.</summary>
    public PipeTurns<RingsTask>? Turns;

    /// <summary>No new task may use it.</summary>
    public bool IsClosing;
}

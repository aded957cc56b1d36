namespace Pentode.Rings.Server;

/// <summary>A slot of a client for a buffer.</summary>
internal sealed unsafe class RingsBuffer
{
    /// <summary>Resource id; 0 for a free slot.</summary>
    public uint Id;

    /// <summary>Memory of io_bytes_max bytes while the slot is taken.</summary>
    public byte* Memory;

    /// <summary>Bytes of content.</summary>
    public uint Length;

    /// <summary>Tasks that use it.</summary>
    public int InFlight;

    /// <summary>No new task may use it.</summary>
    public bool IsClosing;
}

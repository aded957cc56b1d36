namespace Pentode.Rings.Server;

/// <summary>What all connections of one user hold together.</summary>
internal sealed class RingsUser(uint uid)
{
    public uint Uid { get; } = uid;

    /// <summary>Connections.</summary>
    public int Clients;

    /// <summary>Tasks in flight that take a credit, those of ended connections included.</summary>
    public int Credits;

    /// <summary>Bytes of transfers in flight.</summary>
    public long Bytes;

    /// <summary>Descriptor slots taken.</summary>
    public int Files;

    public bool IsIdle => Clients == 0 && Credits == 0 && Files == 0;
}

namespace Pentode.Rings.Server;

/// <summary>Credentials that connections share.</summary>
internal sealed class RingsIdentity
{
    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    /// <summary>Supplementary groups.</summary>
    public required uint[] Groups { get; init; }

    /// <summary>Their number in the ring; 0 for the server's own.</summary>
    public required ushort Personality { get; init; }

    /// <summary>Connections that use it.</summary>
    public int Sessions;

    public bool Is(uint uid, uint gid, ReadOnlySpan<uint> groups) => Uid == uid && Gid == gid && groups.SequenceEqual(Groups);
}

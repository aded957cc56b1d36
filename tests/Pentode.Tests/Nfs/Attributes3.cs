namespace Pentode.Tests.Nfs;

/// <summary>fattr3 as it came.</summary>
internal sealed record Attributes3
{
    public uint Type { get; init; }

    public uint Mode { get; init; }

    public uint Links { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public ulong Size { get; init; }

    public ulong Used { get; init; }

    public (uint Major, uint Minor) Device { get; init; }

    public ulong FileSystem { get; init; }

    public ulong Id { get; init; }

    public (uint Seconds, uint Nanoseconds) Access { get; init; }

    public (uint Seconds, uint Nanoseconds) Modify { get; init; }

    public (uint Seconds, uint Nanoseconds) Change { get; init; }
}

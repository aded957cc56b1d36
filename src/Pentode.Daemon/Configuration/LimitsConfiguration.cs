namespace Pentode.Daemon.Configuration;

/// <summary>The <c>limits:</c> section.</summary>
public sealed record LimitsConfiguration
{
    /// <summary>Connections of each service.</summary>
    public int Connections { get; init; } = 4096;

    /// <summary>Time a client has to finish its handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time connections get to finish their requests when the daemon stops.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Idle buffer memory each loop keeps.</summary>
    public long BufferMemory { get; init; } = 64L << 20;
}

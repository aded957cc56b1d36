using System.Buffers.Binary;

namespace Pentode.Locks.Sessions;

/// <summary>
/// The times all nodes of a cluster agree on. A holder uses its locks until <see cref="HoldMs"/> after it sent its last acknowledged beat; nobody
/// declares it dead before it was seen unchanged for <see cref="DeadMs"/>. Safe while clocks run at rates that differ by less than
/// (dead − hold) / (dead + hold).
/// </summary>
/// <param name="HeartbeatMs">Time between beats.</param>
/// <param name="HoldMs">How long a beat lasts for its sender.</param>
/// <param name="DeadMs">How long without a beat makes others give a session up.</param>
public sealed record SessionTiming(int HeartbeatMs = 2000, int HoldMs = 10_000, int DeadMs = 15_000)
{
    /// <summary>Smallest <see cref="DeadMs"/> for a <see cref="HoldMs"/>, in percent: bears clocks 20 % apart.</summary>
    public const int LeastDeadPercent = 150;

    private const ushort LayoutVersion = 1;
    private const int EncodedBytes = 14;

    /// <summary>What is wrong with the times, or null.</summary>
    public string? Problem() =>
        HeartbeatMs < 10 ? $"heartbeat_ms {HeartbeatMs} is below 10"
        : HoldMs < 3 * HeartbeatMs ? $"hold_ms {HoldMs} is below three times heartbeat_ms {HeartbeatMs}"
        : (long)DeadMs * 100 < (long)HoldMs * LeastDeadPercent ? $"dead_ms {DeadMs} is below one and a half times hold_ms {HoldMs}"
        : null;

    /// <summary>The bytes kept in the store: version[2] heartbeat[4] hold[4] dead[4], little endian.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[EncodedBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, LayoutVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(2), HeartbeatMs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(6), HoldMs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(10), DeadMs);
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; null for anything else.</summary>
    public static SessionTiming? Decode(ReadOnlySpan<byte> bytes) =>
        bytes.Length == EncodedBytes && BinaryPrimitives.ReadUInt16LittleEndian(bytes) == LayoutVersion
            ? new SessionTiming(
                BinaryPrimitives.ReadInt32LittleEndian(bytes[2..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[6..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[10..]))
            : null;
}

using System.Buffers.Binary;

namespace Pentode.Rings.Wire;

/// <summary>Finds the end of a request in a stream and the violations that end a connection.</summary>
public static class RingsFrame
{
    /// <summary>Payload a frame has room for in the original, whatever <c>io_bytes_max</c> says: bounds the path of OPENAT.</summary>
    private const uint LeastPayloadRoom = 4096;

    /// <summary>
    /// Length in bytes of the request at the start of <paramref name="data"/>; 0 when more bytes are needed to complete it, -1 when it
    /// violates the protocol. Bytes of later requests may follow.
    /// </summary>
    public static int Measure(ReadOnlySpan<byte> data, uint ioBytesMax)
    {
        if (data.Length < RingsWire.PrefixSize)
            return 0;
        if (!RingsPrefix.TryRead(data[..RingsWire.PrefixSize], out var prefix))
            return -1;
        var fixedPart = FixedPart(prefix.Kind);
        if (data.Length < fixedPart)
            return 0;
        var payload = Payload(data, prefix.Kind, ioBytesMax);
        if (payload < 0)
            return -1;
        var length = fixedPart + (int)payload;
        if (data.Length < length)
            return 0;
        return IsSound(data[..length], prefix) ? length : -1;
    }

    /// <summary>Bytes of a request before its payload; those of the prefix for kinds that do not exist.</summary>
    public static int FixedPart(RingsKind kind) => kind switch
    {
        RingsKind.Timeout or RingsKind.Cancel or RingsKind.SockRead or RingsKind.SockWrite or RingsKind.FileRead or RingsKind.FileWrite
            or RingsKind.Poll or RingsKind.Connect or RingsKind.Accept or RingsKind.Close or RingsKind.ReleaseResource
            or RingsKind.RegisterBuffer => RingsWire.RequestSize,
        RingsKind.SockReadFixed or RingsKind.SockWriteFixed or RingsKind.OpenAt => RingsWire.LongRequestSize,
        RingsKind.GetTrace => RingsWire.GetTraceSize,
        _ => RingsWire.PrefixSize,
    };

    // Bytes of payload, or -1 for a violation that the fixed part shows.
    private static long Payload(ReadOnlySpan<byte> data, RingsKind kind, uint ioBytesMax)
    {
        var sockaddrMax = Math.Min(ioBytesMax, ushort.MaxValue);
        switch (kind)
        {
            case RingsKind.Poll:
                return U16(data, 22) == 0 ? 0 : -1;
            case RingsKind.Connect:
                return U32(data, 20) is >= 1 and var address && address <= sockaddrMax ? address : -1;
            case RingsKind.Accept:
                return U32(data, 20) <= sockaddrMax ? 0 : -1;
            case RingsKind.OpenAt:
                return U32(data, 24) is >= 2 and var path && path <= ioBytesMax && RingsWire.LongRequestSize + (ulong)path <= RingsWire.RequestSize + Math.Max(ioBytesMax, LeastPayloadRoom) ? path : -1;
            case RingsKind.Close:
                return U32(data, 20) == 0 ? 0 : -1;
            case RingsKind.SockWrite or RingsKind.FileWrite:
                return U32(data, 20) is >= 1 and var length && length <= ioBytesMax ? length : -1;
            case RingsKind.RegisterBuffer:
                return U32(data, 16) is var content && content <= ioBytesMax && U32(data, 20) == 0 ? content : -1;
            case RingsKind.GetTrace:
                return U32(data, 24) <= RingsWire.TraceCapacity && U32(data, 28) == 0 ? 0 : -1;
            default:
                return 0;
        }
    }

    private static bool IsSound(ReadOnlySpan<byte> frame, RingsPrefix prefix)
    {
        switch (prefix.Kind)
        {
            case >= RingsKind.Nop and <= RingsKind.Close:
                return prefix.Priority <= RingsPriority.High && (prefix.Kind != RingsKind.OpenAt || frame[^1] == 0);
            case >= RingsKind.RegisterFd and <= RingsKind.GetTrace:
                return prefix.Priority == 0;
            default:
                return false;
        }
    }

    private static uint U32(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);

    private static ushort U16(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(data[offset..]);
}

using Pentode.Rings.Wire;

namespace Pentode.Rings.Client;

/// <summary>Bounds of what a server may announce; one that announces more breaks the protocol.</summary>
internal static class RingsLimits
{
    /// <summary>More than any kernel gives (IORING_MAX_ENTRIES).</summary>
    public const int MaxRingEntries = 32768;

    /// <summary>A completion tells the length of its payload in two bytes.</summary>
    public const int MaxIoBytes = ushort.MaxValue;

    /// <summary>Longest request, so that every buffer holds one.</summary>
    public const int MaxRequestBytes = RingsWire.LongRequestSize + MaxIoBytes;

    // iouringd has room for so much behind 24 bytes, whatever io_bytes_max says.
    private const int LeastPayloadRoom = 4096;

    /// <summary>Lowest result there is: the kernel's MAX_ERRNO.</summary>
    public const int LowestResult = -4095;

    /// <summary>Longest path of OPENAT with its NUL: the frame must not be longer than the server's room for one.</summary>
    public static int PathBytes(int ioBytesMax) =>
        Math.Min(ioBytesMax, RingsWire.RequestSize + Math.Max(ioBytesMax, LeastPayloadRoom) - RingsWire.LongRequestSize);

    /// <summary>True for an id a task may have.</summary>
    public static bool IsTaskId(ulong id) => id is > 0 and < RingsWire.FirstReservedTaskId;

    /// <summary>True for a negative errno.</summary>
    public static bool IsError(int result) => result is < 0 and >= LowestResult;

    /// <summary>Why a handshake result cannot be worked with, or null. Its version and status have been looked at before.</summary>
    public static string? Refusal(in RingsHandshakeResult facts)
    {
        const RingsOperations Fixed = RingsOperations.ReadFixed | RingsOperations.WriteFixed;
        if (facts.StructSize != RingsWire.CapabilitiesSize)
            return $"capabilities of {facts.StructSize} bytes, not {RingsWire.CapabilitiesSize}";
        if (facts.RingEntries is 0 or > MaxRingEntries || facts.CompletionEntries == 0)
            return $"a ring of {facts.RingEntries} and {facts.CompletionEntries} entries";
        if (facts.Operations == 0 || (facts.Operations & ~RingsOperations.All) != 0)
            return $"an operation mask of 0x{(uint)facts.Operations:X}";
        if (facts.SubmitCredits > facts.RingEntries)
            return $"{facts.SubmitCredits} credits for a ring of {facts.RingEntries} entries";
        if (facts.FdSlots is 0 or > ushort.MaxValue)
            return $"{facts.FdSlots} descriptor slots";
        if (facts.BufferSlots > ushort.MaxValue || (facts.BufferSlots == 0 && (facts.Operations & Fixed) != 0))
            return $"{facts.BufferSlots} buffer slots";
        return facts.IoBytesMax is 0 or > MaxIoBytes ? $"operations of {facts.IoBytesMax} bytes" : null;
    }
}

using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Where a request ends, and what ends a connection.</summary>
public sealed class RingsFrameTests
{
    private const uint Most = 4096;

    public static TheoryData<string, byte[]> Sound() => new()
    {
        { "nop", RawRings.Prefix(RingsKind.Nop) },
        { "timeout", RawRings.Request(RingsKind.Timeout, 1ul) },
        { "cancel with a priority", RawRings.Prioritised(RingsKind.Cancel, RingsPriority.High, 1ul) },
        { "read of nothing", RawRings.Request(RingsKind.SockRead, 1u, 0u) },
        { "read of too much", RawRings.Request(RingsKind.FileRead, 1u, 5000u) },
        { "longest write", RawRings.Request(RingsKind.FileWrite, 1u, Most, new byte[Most]) },
        { "poll of nothing", RawRings.Request(RingsKind.Poll, 1u, 0u) },
        { "accept without address", RawRings.Request(RingsKind.Accept, 1u, 0u) },
        { "longest connect", RawRings.Request(RingsKind.Connect, 1u, Most, new byte[Most]) },
        { "longest path", RawRings.Request(RingsKind.OpenAt, 0, 0u, 4092u, new byte[4092]) },
        { "close", RawRings.Request(RingsKind.Close, 1u, 0u) },
        { "fixed", RawRings.Request(RingsKind.SockWriteFixed, 1u, 2u, 0u) },
        { "register", RawRings.Prefix(RingsKind.RegisterFd) },
        { "empty buffer", RawRings.Request(RingsKind.RegisterBuffer, 0u, 0u) },
        { "release with reserved bits", RawRings.Request(RingsKind.ReleaseResource, 1u, 7u) },
        { "stats", RawRings.Prefix(RingsKind.GetStats) },
        { "trace", RawRings.Request(RingsKind.GetTrace, 0ul, 256u, 0u) },
    };

    public static TheoryData<string, byte[]> Violations() => new()
    {
        { "other magic", [.. new byte[8], 1, 0, 0, 0, 0, 0, 0, 0] },
        { "other minor", Changed(RawRings.Prefix(RingsKind.Nop), 6) },
        { "other major", Changed(RawRings.Prefix(RingsKind.Nop), 4) },
        { "reserved1", Changed(RawRings.Prefix(RingsKind.Nop), 12) },
        { "priority 3", RawRings.Prefix(RingsKind.Nop, (RingsPriority)3) },
        { "control with priority", RawRings.Prefix(RingsKind.GetStats, RingsPriority.Low) },
        { "kind 0", RawRings.Prefix(RingsKind.None) },
        { "kind 15", RawRings.Prefix((RingsKind)15) },
        { "kind 255", RawRings.Prefix((RingsKind)255) },
        { "kind 261", RawRings.Prefix((RingsKind)261) },
        { "poll reserved", RawRings.Request(RingsKind.Poll, 1u, (ushort)1, (ushort)1) },
        { "connect without address", RawRings.Request(RingsKind.Connect, 1u, 0u) },
        { "connect too long", RawRings.Request(RingsKind.Connect, 1u, Most + 1) },
        { "accept too long", RawRings.Request(RingsKind.Accept, 1u, Most + 1) },
        { "path of one byte", RawRings.Request(RingsKind.OpenAt, 0, 0u, 1u) },
        { "path too long", RawRings.Request(RingsKind.OpenAt, 0, 0u, 4093u) },
        { "path without end", RawRings.Request(RingsKind.OpenAt, 0, 0u, 2u, "ab") },
        { "close reserved", RawRings.Request(RingsKind.Close, 1u, 1u) },
        { "empty write", RawRings.Request(RingsKind.SockWrite, 1u, 0u) },
        { "write too long", RawRings.Request(RingsKind.SockWrite, 1u, Most + 1) },
        { "buffer too long", RawRings.Request(RingsKind.RegisterBuffer, Most + 1, 0u) },
        { "buffer reserved", RawRings.Request(RingsKind.RegisterBuffer, 0u, 1u) },
        { "257 events", RawRings.Request(RingsKind.GetTrace, 0ul, 257u, 0u) },
        { "trace reserved", RawRings.Request(RingsKind.GetTrace, 0ul, 1u, 1u) },
    };

    [Theory]
    [MemberData(nameof(Sound))]
    public void A_sound_request_is_measured_exactly(string name, byte[] frame)
    {
        Assert.NotEmpty(name);
        for (var cut = 0; cut < frame.Length; cut++)
            Assert.Equal(0, RingsFrame.Measure(frame.AsSpan(0, cut), Most));
        Assert.Equal(frame.Length, RingsFrame.Measure(frame, Most));
        Assert.Equal(frame.Length, RingsFrame.Measure([.. frame, 9, 9, 9], Most));
    }

    [Theory]
    [MemberData(nameof(Violations))]
    public void A_violation_is_found(string name, byte[] frame)
    {
        Assert.NotEmpty(name);
        Assert.Equal(-1, RingsFrame.Measure(frame, Most));
    }

    [Theory]
    [MemberData(nameof(Violations))]
    public void A_violation_ends_the_connection_without_a_byte(string name, byte[] frame)
    {
        Assert.NotEmpty(name);
        using var host = new RingsHost();
        using var client = host.Join();
        client.Send(frame, new byte[100]);
        client.AssertEnd();
        using var next = host.Join();
        next.Send(RawRings.Prefix(RingsKind.Nop));
        Assert.Equal(1u, next.Submitted().Task);
    }

    private static byte[] Changed(byte[] bytes, int at)
    {
        bytes[at] ^= 1;
        return bytes;
    }
}

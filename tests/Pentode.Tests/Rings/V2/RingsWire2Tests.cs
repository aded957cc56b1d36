using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>The bytes of every record of protocol 2, as the specification has them; truncated at every byte; one byte too long.</summary>
public sealed class RingsWire2Tests
{
    private delegate bool Reader(ReadOnlySpan<byte> data);

    [Fact]
    public void Welcome()
    {
        var message = new RingsWelcome
        {
            Status = 0, Minor = 0, Features = RingsFeatures.SharedRing | RingsFeatures.Confined, Operations = 0x8000000000000003, Credits = 256, Batch = 255,
            Message = 131072, Inline = 65536, Files = 254, Regions = 16, RegionBytes = 0x0102030405060708, RingEntries = 4096, Vectors = 64,
            Transfer = 0x7FFFF000, Weight = 100, Client = 7,
        };
        Check(
            message.Write,
            "494F4431 0200 0000 0200 0000 0000 0000 60000000 03000000 0300000000000080 00010000 FF000000 00000200 00000100 FE000000 10000000"
            + " 0807060504030201 00100000 40000000 00F0FF7F00000000 64000000 07000000 0000000000000000",
            d => RingsWelcome.TryRead(d, out var read) && read == message);
    }

    [Fact]
    public void Refusal() => Check(
        new RingsWelcome { Status = RingsWire2.StatusFull }.Write,
        "494F4431 0200 0000 0200 0000 0200 0000 60000000" + new string('0', 152),
        d => RingsWelcome.TryRead(d, out var read) && read.Status == 2 && read.Credits == 0);

    [Fact]
    public void Header() => Check(
        new RingsMessageHeader(RingsMessageType.RegisterRegion, 1, 32, 0x04030201).Write,
        "494F4432 0300 0100 20000000 01020304",
        d => RingsMessageHeader.TryRead(d, out var read) && read == new RingsMessageHeader(RingsMessageType.RegisterRegion, 1, 32, 0x04030201));

    [Fact]
    public void Submission()
    {
        var record = new RingsSubmission
        {
            UserData = 0x1122334455667788, Operation = RingsOperation.Write, Flags = RingsEntryFlags.Link | RingsEntryFlags.Quiet, Region = 0x0201, File = 0x04030201,
            Offset = 0x0807060504030201, Address = 0x1000, Length = 0x2000, OperationFlags = 2, DeadlineNsec = 1_000_000_000, Argument0 = 5, Argument1 = 6, Shots = 7,
        };
        Check(
            record.Write,
            "8877665544332211 04 09 0102 01020304 0102030405060708 0010000000000000 00200000 02000000 00CA9A3B00000000 0500000000000000 06000000 07000000",
            d => RingsSubmission.TryRead(d, out var read) && read == record);
    }

    [Fact]
    public void Completion()
    {
        var record = new RingsCompletionRecord
        {
            UserData = 1, Result = -5, Flags = RingsCompletionFlags.More | RingsCompletionFlags.Refused, Extra = 9, PayloadOffset = 8, PayloadLength = 4,
        };
        Check(record.Write, "0100000000000000 FBFFFFFF 05000000 0900000000000000 08000000 04000000", d => RingsCompletionRecord.TryRead(d, out var read) && read == record);
    }

    [Fact]
    public void Vector()
    {
        var vector = new RingsVector { Region = 33, Reserved = 0, Length = 4096, Address = 0x10000 };
        Check(vector.Write, "2100 0000 00100000 0000010000000000", d => RingsVector.TryRead(d, out var read) && read == vector);
    }

    [Fact]
    public void Region() => Check(
        new RingsRegionRequest(0x100000, 1, 2).Write, "0000100000000000 01000000 02000000", d => RingsRegionRequest.TryRead(d, out var read) && read == new RingsRegionRequest(0x100000, 1, 2));

    [Fact]
    public void Ring() => Check(
        new RingsRingRequest(33, 64, 4096).Write, "2100 0000 40000000 0010000000000000 0000000000000000", d => RingsRingRequest.TryRead(d, out var read) && read == new RingsRingRequest(33, 64, 4096));

    [Fact]
    public void The_reserved_fields_of_a_ring_are_seen_together()
    {
        Assert.True(RingsRingRequest.TryRead(Convert.FromHexString("210001000000000000000000000000000000000000000000"), out var first));
        Assert.Equal(1ul, first.Reserved);
        Assert.True(RingsRingRequest.TryRead(Convert.FromHexString("210000000000000000000000000000000000000000000080"), out var second));
        Assert.Equal(1ul << 63, second.Reserved);
    }

    [Fact]
    public void Item() => Check(new RingsItem(-16, 0x1001).Write, "F0FFFFFF 01100000", d => RingsItem.TryRead(d, out var read) && read == new RingsItem(-16, 0x1001));

    [Fact]
    public void Goodbye() => Check(
        new RingsGoodbye(RingsGoodbyeReason.RingCounters, RingsMessageType.SetupRing).Write,
        "08000000 05000000",
        d => RingsGoodbye.TryRead(d, out var read) && read == new RingsGoodbye(RingsGoodbyeReason.RingCounters, RingsMessageType.SetupRing));

    [Fact]
    public void Stats()
    {
        var waits = Enumerable.Range(1, 24).Select(i => (ulong)i).ToArray();
        var totals = Enumerable.Range(101, 24).Select(i => (ulong)i).ToArray();
        var stats = new RingsClientStats
        {
            Taken = 1, Refused = 2, Completions = 3, BytesRead = 4, BytesWritten = 5, UnderWay = 6, Files = 7, Regions = 8, Weight = 9, RegionBytes = 10, Failed = 11, Waits = waits, Totals = totals,
        };
        var expected = "0100000000000000 0200000000000000 0300000000000000 0400000000000000 0500000000000000 06000000 07000000 08000000 09000000 0A00000000000000 0B00000000000000 0000000000000000"
            + string.Concat(waits.Concat(totals).Select(c => Convert.ToHexString(BitConverter.GetBytes(c))));
        Check(stats.Write, expected, d => RingsClientStats.TryRead(d) is { Failed: 11, RegionBytes: 10 } read && read.Waits.SequenceEqual(waits) && read.Totals.SequenceEqual(totals));
    }

    [Theory]
    [InlineData(1, 1, 80, RingsGoodbyeReason.None)]
    [InlineData(1, 1, 131072, RingsGoodbyeReason.None)]
    [InlineData(1, 1, 131073, RingsGoodbyeReason.Length)]
    [InlineData(1, 256, 16400, RingsGoodbyeReason.None)]
    [InlineData(1, 257, 16464, RingsGoodbyeReason.Count)]
    [InlineData(1, 0, 16, RingsGoodbyeReason.Count)]
    [InlineData(1, 2, 143, RingsGoodbyeReason.Length)]
    [InlineData(1, 1, 15, RingsGoodbyeReason.Length)]
    [InlineData(2, 4, 16, RingsGoodbyeReason.None)]
    [InlineData(2, 5, 16, RingsGoodbyeReason.Count)]
    [InlineData(2, 1, 17, RingsGoodbyeReason.Length)]
    [InlineData(3, 1, 32, RingsGoodbyeReason.None)]
    [InlineData(3, 2, 48, RingsGoodbyeReason.Count)]
    [InlineData(3, 1, 33, RingsGoodbyeReason.Length)]
    [InlineData(4, 64, 528, RingsGoodbyeReason.None)]
    [InlineData(4, 65, 536, RingsGoodbyeReason.Count)]
    [InlineData(5, 1, 40, RingsGoodbyeReason.None)]
    [InlineData(6, 0, 16, RingsGoodbyeReason.None)]
    [InlineData(6, 1, 16, RingsGoodbyeReason.Count)]
    [InlineData(7, 1, 24, RingsGoodbyeReason.None)]
    [InlineData(0, 0, 16, RingsGoodbyeReason.Type)]
    [InlineData(8, 0, 16, RingsGoodbyeReason.Type)]
    [InlineData(128, 1, 48, RingsGoodbyeReason.Type)]
    [InlineData(65535, 0, 16, RingsGoodbyeReason.Type)]
    public void Headers_are_judged(int type, int count, uint length, RingsGoodbyeReason expected) =>
        Assert.Equal(expected, new RingsMessageHeader((RingsMessageType)type, (ushort)count, length).Judge());

    private delegate int Writer(Span<byte> to);

    private static void Check(Writer write, string expected, Reader read)
    {
        var bytes = Convert.FromHexString(expected.Replace(" ", "", StringComparison.Ordinal));
        var buffer = new byte[bytes.Length + 1];
        Assert.Equal(bytes.Length, write(buffer));
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(buffer, 0, bytes.Length));
        Assert.True(read(bytes));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(read(bytes.AsSpan(0, length)), $"read from {length} bytes");
            Assert.Equal(0, write(buffer.AsSpan(0, length)));
        }

        Assert.False(read([.. bytes, 0]), "read with one byte too many");
    }
}

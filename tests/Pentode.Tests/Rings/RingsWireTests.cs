using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Bytes of every message of protocol 1.12; each refuses to be cut or to have one byte more.</summary>
public sealed class RingsWireTests
{
    private const string Header = "494F443101000C00";

    private delegate bool Reader(ReadOnlySpan<byte> data);

    private delegate int Writer(Span<byte> to);

    [Fact]
    public void Handshakes()
    {
        Check(Header + "01000C0000000000", static d => RingsHandshakeRequest.TryRead(d, out var m) && m is { AbiMajor: 1, AbiMinor: 12, Reserved: 0 },
            static to => new RingsHandshakeRequest { Header = RingsHeader.Current, AbiMajor = 1, AbiMinor = 12 }.Write(to));
        Check(
            Header + "01000C0001000000" + "24000000" + "FFFF0300" + "04000000" + "08000000" + "FF0F0000" + "03000000" + "20000000" + "01000000" + "00100000",
            static d => RingsHandshakeResult.TryRead(d, out var m) && m is { Status: 1, Features: 0x3FFFF, RingEntries: 4, CompletionEntries: 8, SubmitCredits: 3, FdSlots: 32, BufferSlots: 1, IoBytesMax: 4096 } && m.Operations == RingsOperations.All,
            static to => new RingsHandshakeResult
            {
                Header = RingsHeader.Current, AbiMajor = 1, AbiMinor = 12, Status = 1, StructSize = 36, Features = 0x3FFFF, RingEntries = 4, CompletionEntries = 8,
                Operations = RingsOperations.All, SubmitCredits = 3, FdSlots = 32, BufferSlots = 1, IoBytesMax = 4096,
            }.Write(to));
    }

    [Fact]
    public void Requests()
    {
        Check(Header + "0100000000000000", static d => RingsPrefix.TryRead(d, out var m) && m == new RingsPrefix(RingsKind.Nop), static to => new RingsPrefix(RingsKind.Nop).Write(to));
        Check(Header + "0200020000000000" + "0807060504030201", static d => RingsTimeoutRequest.TryRead(d, out var m) && m.TimeoutNsec == 0x0102030405060708,
            static to => new RingsTimeoutRequest { Prefix = new(RingsKind.Timeout, RingsPriority.High), TimeoutNsec = 0x0102030405060708 }.Write(to));
        Check(Header + "0300000000000000" + "0807060504030201", static d => RingsCancelRequest.TryRead(d, out var m) && m.Target == 0x0102030405060708,
            static to => new RingsCancelRequest { Prefix = new(RingsKind.Cancel), Target = 0x0102030405060708 }.Write(to));
        Check(Header + "0800010000000000" + "0100000005000000", static d => RingsReadRequest.TryRead(d, out var m) && m is { Resource: 1, Length: 5 } && m.Prefix.Priority == RingsPriority.Low,
            static to => new RingsReadRequest { Prefix = new(RingsKind.FileRead, RingsPriority.Low), Resource = 1, Length = 5 }.Write(to));
        Check(Header + "0500000000000000" + "0100000003000000" + "616263", static d => RingsWriteRequest.TryRead(d, out var m) && m.Data.SequenceEqual("abc"u8),
            static to => new RingsWriteRequest { Prefix = new(RingsKind.SockWrite), Resource = 1, Length = 3, Data = "abc"u8 }.Write(to));
        Check(Header + "0A00000000000000" + "0100000005000000", static d => RingsPollRequest.TryRead(d, out var m) && m is { Resource: 1, Mask: 5, Reserved: 0 },
            static to => new RingsPollRequest { Prefix = new(RingsKind.Poll), Resource = 1, Mask = 5 }.Write(to));
        Check(Header + "0B00000000000000" + "0100000002000000" + "0100", static d => RingsConnectRequest.TryRead(d, out var m) && m.Address.Length == 2,
            static to => new RingsConnectRequest { Prefix = new(RingsKind.Connect), Resource = 1, Length = 2, Address = [1, 0] }.Write(to));
        Check(Header + "0C00000000000000" + "010000006E000000", static d => RingsAcceptRequest.TryRead(d, out var m) && m.AddressLength == 110,
            static to => new RingsAcceptRequest { Prefix = new(RingsKind.Accept), Resource = 1, AddressLength = 110 }.Write(to));
        Check(Header + "0D00000000000000" + "42000000" + "A4010000" + "03000000" + "612F00", static d => RingsOpenAtRequest.TryRead(d, out var m) && m is { Flags: 0x42, Mode: 0x1A4 } && m.Path.SequenceEqual("a/\0"u8),
            static to => new RingsOpenAtRequest { Prefix = new(RingsKind.OpenAt), Flags = 0x42, Mode = 0x1A4, Length = 3, Path = "a/\0"u8 }.Write(to));
        Check(Header + "0E00000000000000" + "0100000000000000", static d => RingsResourceRequest.TryRead(d, out var m) && m.Resource == 1,
            static to => new RingsResourceRequest { Prefix = new(RingsKind.Close), Resource = 1 }.Write(to));
        Check(Header + "0600000000000000" + "010000000200000003000000", static d => RingsFixedRequest.TryRead(d, out var m) && m is { Resource: 1, Buffer: 2, Length: 3 },
            static to => new RingsFixedRequest { Prefix = new(RingsKind.SockReadFixed), Resource = 1, Buffer = 2, Length = 3 }.Write(to));
        Check(Header + "0201000000000000" + "0200000000000000" + "6869", static d => RingsRegisterBufferRequest.TryRead(d, out var m) && m.Data.SequenceEqual("hi"u8),
            static to => new RingsRegisterBufferRequest { Prefix = new(RingsKind.RegisterBuffer), Length = 2, Data = "hi"u8 }.Write(to));
        Check(Header + "0101000000000000" + "0700000000000000", static d => RingsResourceRequest.TryRead(d, out var m) && m.Resource == 7,
            static to => new RingsResourceRequest { Prefix = new(RingsKind.ReleaseResource), Resource = 7 }.Write(to));
        Check(Header + "0401000000000000" + "0900000000000000" + "0001000000000000", static d => RingsGetTraceRequest.TryRead(d, out var m) && m is { AfterSequence: 9, MaxEvents: 256 },
            static to => new RingsGetTraceRequest { Prefix = new(RingsKind.GetTrace), AfterSequence = 9, MaxEvents = 256 }.Write(to));
    }

    [Fact]
    public void Answers()
    {
        Check("0100000000000000" + "00000000" + "02000000", static d => RingsSubmitResult.TryRead(d, out var m) && m is { Task: 1, Result: 0, Credits: 2 },
            static to => new RingsSubmitResult { Task = 1, Credits = 2 }.Write(to));
        Check("00000000" + "F5FFFFFF" + "1F000000" + "00000000", static d => RingsResourceResult.TryRead(d, out var m) && m is { Resource: 0, Result: -11, Available: 31 },
            static to => new RingsResourceResult { Result = -11, Available = 31 }.Write(to));
        Check(Header + "0100000000000000" + "02000000" + "0800" + "0200" + "6869", static d => RingsCompletion.TryRead(d, out var m) && m is { Task: 1, Result: 2, Kind: RingsKind.FileRead } && m.Payload.SequenceEqual("hi"u8),
            static to => new RingsCompletion { Header = RingsHeader.Current, Task = 1, Result = 2, Kind = RingsKind.FileRead, PayloadLength = 2, Payload = "hi"u8 }.Write(to));
        Check("010000000200000003000000040000000500000006000000" + "0700000000000000" + "0800000000000000" + "0900000000000000" + "0A0000000B000000",
            static d => RingsStats.TryRead(d, out var m) && m is { ActiveClients: 1, AvailableCredits: 4, AcceptedSubmits: 7, RejectedSubmits: 8, Completions: 9, PerClientCreditLimit: 10, ClientsAtCreditLimit: 11 },
            static to => new RingsStats
            {
                ActiveClients = 1, OutstandingTasks = 2, OutstandingCreditTasks = 3, AvailableCredits = 4, RegisteredFiles = 5, RegisteredBuffers = 6, AcceptedSubmits = 7,
                RejectedSubmits = 8, Completions = 9, PerClientCreditLimit = 10, ClientsAtCreditLimit = 11,
            }.Write(to));
        Check("0100000000000000" + "0200000000000000" + "03000000" + "00000000", static d => RingsTraceHead.TryRead(d, out var m) && m is { OldestSequence: 1, LatestSequence: 2, Count: 3 },
            static to => new RingsTraceHead { OldestSequence = 1, LatestSequence = 2, Count = 3 }.Write(to));
        Check("0100000000000000" + "0200000000000000" + "0300000000000000" + "04000000" + "FBFFFFFF" + "06000000" + "0300" + "0D00" + "0900" + "0200" + "00000000",
            static d => RingsTraceEvent.TryRead(d, out var m) && m is { Sequence: 1, TimestampNsec: 2, Task: 3, Resource: 4, Result: -5, Credits: 6, Event: RingsTraceKind.Completion, Kind: RingsKind.OpenAt, ClientSlot: 9, Priority: RingsPriority.High },
            static to => new RingsTraceEvent
            {
                Sequence = 1, TimestampNsec = 2, Task = 3, Resource = 4, Result = -5, Credits = 6, Event = RingsTraceKind.Completion, Kind = RingsKind.OpenAt, ClientSlot = 9, Priority = RingsPriority.High,
            }.Write(to));
    }

    [Fact]
    public void Numbers()
    {
        Assert.Equal(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 256, 257, 258, 259, 260],
            new[]
            {
                RingsKind.None, RingsKind.Nop, RingsKind.Timeout, RingsKind.Cancel, RingsKind.SockRead, RingsKind.SockWrite, RingsKind.SockReadFixed, RingsKind.SockWriteFixed,
                RingsKind.FileRead, RingsKind.FileWrite, RingsKind.Poll, RingsKind.Connect, RingsKind.Accept, RingsKind.OpenAt, RingsKind.Close, RingsKind.RegisterFd,
                RingsKind.ReleaseResource, RingsKind.RegisterBuffer, RingsKind.GetStats, RingsKind.GetTrace,
            }.Select(k => (int)k));
        Assert.Equal([0, 1, 2], new[] { RingsPriority.Normal, RingsPriority.Low, RingsPriority.High }.Select(p => (int)p));
        Assert.Equal(
            [1, 2, 3, 4, 5],
            new[] { RingsTraceKind.SubmitAccept, RingsTraceKind.SubmitReject, RingsTraceKind.Completion, RingsTraceKind.ResourceRegister, RingsTraceKind.ResourceRelease }.Select(k => (int)k));
        Assert.Equal(0xFFFu, (uint)RingsOperations.All);
    }

    [Fact]
    public void Other_identifications_are_refused()
    {
        foreach (var at in new[] { 0, 3, 4, 6, 12, 15 })
        {
            var bytes = RawRings.Prefix(RingsKind.Nop);
            bytes[at] ^= 1;
            Assert.False(RingsPrefix.TryRead(bytes, out _));
        }
    }

    private static void Check(string hex, Reader read, Writer write)
    {
        var golden = Convert.FromHexString(hex);
        var written = new byte[golden.Length + 1];
        Assert.Equal(golden.Length, write(written));
        Assert.Equal(hex, Convert.ToHexString(written, 0, golden.Length));
        Assert.True(read(golden));
        Assert.False(read([.. golden, 0]));
        for (var cut = 0; cut < golden.Length; cut++)
        {
            Assert.False(read(golden.AsSpan(0, cut)));
            Assert.Equal(0, write(new byte[cut]));
        }
    }
}

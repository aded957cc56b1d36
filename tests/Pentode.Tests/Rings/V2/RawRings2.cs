using System.Buffers.Binary;
using System.Net.Sockets;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>A client of protocol 2 that sends any bytes at all. Every receive is bounded in time.</summary>
internal sealed unsafe class RawRings2 : IDisposable
{
    private readonly List<(nint Base, long Size)> _maps = [];
    private readonly List<int> _descriptors = [];

    public RawRings2(string path)
    {
        Socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20000, SendTimeout = 20000 };
        Socket.Connect(new UnixDomainSocketEndPoint(path));
    }

    public static byte[] Hello { get; } = Convert.FromHexString("494F4431020000000200000000000000");

    public Socket Socket { get; }

    /// <summary>A connection that negotiated protocol 2.</summary>
    public static RawRings2 Join(RingsHost host)
    {
        var client = new RawRings2(host.Path);
        client.Greet();
        return client;
    }

    public static byte[] Message(RingsMessageType type, int count, params byte[][] parts)
    {
        var body = parts.SelectMany(p => p).ToArray();
        var message = new byte[RingsWire2.HeaderSize + body.Length];
        new RingsMessageHeader(type, (ushort)count, (uint)message.Length, 42).Write(message);
        body.CopyTo(message, RingsWire2.HeaderSize);
        return message;
    }

    public static byte[] Bytes(RingsSubmission entry)
    {
        var bytes = new byte[RingsWire2.SubmissionSize];
        entry.Write(bytes);
        return bytes;
    }

    public static byte[] Submit(byte[] data, params RingsSubmission[] entries) =>
        Message(RingsMessageType.Submit, entries.Length, [.. entries.Select(Bytes), data]);

    public RingsWelcome Greet()
    {
        Send(Hello);
        Assert.True(RingsWelcome.TryRead(Receive(RingsWire2.WelcomeSize), out var welcome));
        return welcome;
    }

    public RawRings2 Send(params byte[][] messages)
    {
        var all = messages.SelectMany(m => m).ToArray();
        for (var at = 0; at < all.Length;)
            at += Socket.Send(all, at, all.Length - at, SocketFlags.None);
        return this;
    }

    public RawRings2 SendWith(byte[] data, params int[] descriptors)
    {
        Assert.Equal(data.Length, DescriptorPassing.Send((int)Socket.Handle, data, descriptors));
        return this;
    }

    public byte[] Receive(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var got = Socket.Receive(bytes, at, count - at, SocketFlags.None);
            Assert.True(got > 0, $"the end after {at} of {count} bytes");
            at += got;
        }

        return bytes;
    }

    public (RingsMessageHeader Header, byte[] Body) ReceiveMessage()
    {
        Assert.True(RingsMessageHeader.TryRead(Receive(RingsWire2.HeaderSize), out var header));
        return (header, Receive((int)header.Length - RingsWire2.HeaderSize));
    }

    /// <summary>The next completions, <paramref name="count"/> of them, and their payloads.</summary>
    public List<(RingsCompletionRecord Record, byte[] Payload)> Completions(int count)
    {
        var all = new List<(RingsCompletionRecord, byte[])>();
        while (all.Count < count)
        {
            var (header, body) = ReceiveMessage();
            Assert.Equal(RingsMessageType.Complete, header.Type);
            for (var i = 0; i < header.Count; i++)
            {
                Assert.True(RingsCompletionRecord.TryRead(body.AsSpan(i * RingsWire2.CompletionSize, RingsWire2.CompletionSize), out var record));
                var payload = (record.Flags & RingsCompletionFlags.Payload) == 0
                    ? []
                    : body.AsSpan((header.Count * RingsWire2.CompletionSize) + (int)record.PayloadOffset, (int)record.PayloadLength).ToArray();
                all.Add((record, payload));
            }
        }

        Assert.Equal(count, all.Count);
        return all;
    }

    /// <summary>The completions of the next message.</summary>
    public List<RingsCompletionRecord> Some()
    {
        var (header, body) = ReceiveMessage();
        Assert.Equal(RingsMessageType.Complete, header.Type);
        var all = new List<RingsCompletionRecord>();
        for (var i = 0; i < header.Count; i++)
        {
            Assert.True(RingsCompletionRecord.TryRead(body.AsSpan(i * RingsWire2.CompletionSize, RingsWire2.CompletionSize), out var record));
            all.Add(record);
        }

        return all;
    }

    /// <summary>Statistics while completions come in between.</summary>
    public RingsClientStats Stats2()
    {
        Send(Message(RingsMessageType.GetStats, 0));
        while (true)
        {
            var (header, body) = ReceiveMessage();
            if (header.Type == RingsMessageType.Stats)
                return RingsClientStats.TryRead(body)!;
        }
    }

    /// <summary>One operation by message to its only completion.</summary>
    public (int Result, byte[] Payload, RingsCompletionRecord Record) Do(RingsSubmission entry, byte[]? data = null)
    {
        Send(Submit(data ?? [], entry));
        var (record, payload) = Completions(1)[0];
        Assert.Equal(entry.UserData, record.UserData);
        return (record.Result, payload, record);
    }

    /// <summary>An operation whose data is a path, inline.</summary>
    public (int Result, byte[] Payload, RingsCompletionRecord Record) DoPath(RingsSubmission entry, string path)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(path + '\0');
        return Do(entry with { Length = (uint)bytes.Length }, bytes);
    }

    public RingsItem Item()
    {
        var (header, body) = ReceiveMessage();
        Assert.Equal(RingsMessageType.Reply, header.Type);
        Assert.Equal(42u, header.Serial);
        Assert.True(RingsItem.TryRead(body, out var item));
        return item;
    }

    public uint Register(int descriptor)
    {
        var item = SendWith(Message(RingsMessageType.RegisterFiles, 1), descriptor).Item();
        Assert.Equal(0, item.Value);
        return item.Id;
    }

    /// <summary>A memfd of this client, closed with it.</summary>
    public int Memory(long size, int seals = SharedMemory.SealShrink | SharedMemory.SealGrow)
    {
        var memory = SharedMemory.Create("test", size);
        Assert.True(memory >= 0);
        _descriptors.Add(memory);
        Assert.True(SharedMemory.AddSeals(memory, seals) >= 0);
        return memory;
    }

    public RingsItem RegisterRegion(int memory, ulong size)
    {
        var body = new byte[RingsWire2.RegionRequestSize];
        new RingsRegionRequest(size).Write(body);
        return SendWith(Message(RingsMessageType.RegisterRegion, 1, body), memory).Item();
    }

    /// <summary>A region of both sides and where it is here.</summary>
    public (ushort Id, nint At) Region(long size)
    {
        var memory = Memory(size);
        var at = SharedMemory.Map(memory, (nuint)size, isWritable: true, out var error);
        Assert.Equal(Errno.None, error);
        _maps.Add(((nint)at, size));
        var item = RegisterRegion(memory, (ulong)size);
        Assert.Equal(0, item.Value);
        return ((ushort)item.Id, (nint)at);
    }

    public RingsItem SetupRing(ushort region, uint entries, ulong offset, int doorbell, int wake)
    {
        var body = new byte[RingsWire2.RingRequestSize];
        new RingsRingRequest(region, entries, offset).Write(body);
        return SendWith(Message(RingsMessageType.SetupRing, 1, body), doorbell, wake).Item();
    }

    /// <summary>A ring at the start of a region: where it is, and its doorbell and wake.</summary>
    public (nint At, int Doorbell, int Wake) Ring(uint entries, ushort region, nint at)
    {
        var doorbell = Event();
        var wake = Event();
        Assert.Equal(0, SetupRing(region, entries, 0, doorbell, wake).Value);
        return (at, doorbell, wake);
    }

    public int Event()
    {
        var made = ReadinessCalls.CreateEvent();
        _descriptors.Add(made);
        return made;
    }

    public static void Knock(int doorbell)
    {
        Span<byte> one = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(one, 1);
        FileCalls.Write(doorbell, one);
    }

    public RingsClientStats Stats()
    {
        Send(Message(RingsMessageType.GetStats, 0));
        var (header, body) = ReceiveMessage();
        Assert.Equal(RingsMessageType.Stats, header.Type);
        return RingsClientStats.TryRead(body)!;
    }

    /// <summary>The server says why and closes in order.</summary>
    public void AssertGoodbye(RingsGoodbyeReason reason, RingsMessageType about = RingsMessageType.None)
    {
        var (header, body) = ReceiveMessage();
        Assert.Equal(RingsMessageType.Goodbye, header.Type);
        Assert.True(RingsGoodbye.TryRead(body, out var goodbye));
        Assert.Equal(new RingsGoodbye(reason, about), goodbye);
        AssertEnd();
    }

    public void AssertEnd()
    {
        var bytes = new byte[64];
        var got = Socket.Receive(bytes);
        Assert.True(got == 0, $"got {Convert.ToHexString(bytes, 0, got)} instead of the end");
    }

    public void Dispose()
    {
        Socket.Dispose();
        foreach (var (at, size) in _maps)
            SharedMemory.Unmap((byte*)at, (nuint)size);
        foreach (var descriptor in _descriptors)
            FileCalls.Close(descriptor);
    }
}

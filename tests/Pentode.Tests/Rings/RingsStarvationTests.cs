using System.Diagnostics;
using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Server;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Tasks of one client that never end hold no thread of the kernel that the tasks of another need.</summary>
public sealed partial class RingsStarvationTests
{
    // More than the threads of the kernel a ring has for such work unless it is told otherwise: four for each processor.
    private static readonly int s_many = Math.Max(40, 5 * Environment.ProcessorCount);

    private const int Create = 0x40;
    private const int WriteOnly = 1;

    [Theory]
    [InlineData("a FIFO without a writer", 0)]
    [InlineData("a FIFO without a writer, created if missing", Create)]
    [InlineData("a FIFO without a reader", WriteOnly)]
    [InlineData("a FIFO without a reader, created if missing", WriteOnly | Create)]
    public void Opens_that_wait(string what, int flags)
    {
        using var host = new RingsHost(WithRoom);
        Assert.Equal(0, MakeFifo(host["fifo"], 0x1B6));
        using var bad = host.Join();
        bad.Send([.. Enumerable.Repeat(RawRings.OpenAt(host["fifo"], flags), s_many)]);
        AssertOthersAreServed(host, what);
    }

    [Fact]
    public void Opens_beneath_a_root_that_wait()
    {
        using var root = new Testing.Processes.TemporaryDirectory();
        using var host = new RingsHost(o => WithRoom(o) with { Roots = [root.Path] });
        Assert.Equal(0, MakeFifo(root["fifo"], 0x1B6));
        using var bad = host.Join();
        bad.Send([.. Enumerable.Repeat(RawRings.OpenAt("fifo", Create), s_many)]);
        AssertOthersAreServed(host, "a FIFO beneath a root", root["good"]);
    }

    [Fact]
    public void A_fifo_is_opened_at_once_and_then_waits()
    {
        using var host = new RingsHost(WithRoom);
        Assert.Equal(0, MakeFifo(host["fifo"], 0x1B6));
        using var client = host.Join();
        Assert.Equal(-(int)Errno.ENXIO, client.Do(RawRings.OpenAt(host["fifo"], WriteOnly | Create)).Result);
        var waiting = (uint)client.Do(RawRings.OpenAt(host["fifo"], Create)).Result;
        var writer = FileCalls.Open(host["fifo"], FileCalls.O_WRONLY);
        client.Send(RawRings.Request(RingsKind.FileRead, waiting, 9u));
        Assert.Equal(0, client.Submitted().Result);
        FileCalls.Write(writer, "late"u8);
        Assert.Equal("late"u8.ToArray(), client.Completed().Payload);
        FileCalls.Close(writer);
    }

    [Fact]
    public void Connects_that_wait()
    {
        using var host = new RingsHost(WithRoom);
        var listener = Sockets.ListenUnix(host["full"]).Value;
        Assert.Equal(0, Listen(listener, 0));
        using var first = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        first.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(host["full"]));
        using var bad = host.Join();
        var address = Sockets.UnixAddress(host["full"]);
        for (var i = 0; i < 20; i++)
        {
            using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
            var id = bad.Register((int)socket.Handle);
            bad.Send(RawRings.Request(RingsKind.Connect, id, (uint)address.Length, address));
            bad.Submitted();
        }

        AssertOthersAreServed(host, "a connect to a full queue");
        FileCalls.Close(listener);
    }

    [Fact]
    public void Reads_polls_and_accepts_that_wait()
    {
        using var host = new RingsHost(WithRoom);
        var listener = Sockets.ListenUnix(host["idle"]).Value;
        var (ours, theirs) = Sockets.Pair();
        var counter = Pentode.Linux.Uring.RingNative.CreateEvent();
        using var bad = host.Join();
        var (listening, socket, counting) = (bad.Register(listener), bad.Register(theirs), bad.Register(counter));
        for (var i = 0; i < s_many / 4; i++)
        {
            bad.Send(
                RawRings.Request(RingsKind.Poll, socket, (ushort)1, (ushort)0), RawRings.Request(RingsKind.SockRead, socket, 9u), RawRings.Request(RingsKind.FileRead, counting, 8u),
                i < 8 ? RawRings.Request(RingsKind.Accept, listening, 16u) : RawRings.Prefix(RingsKind.Nop));
        }

        AssertOthersAreServed(host, "reads, polls and accepts");
        foreach (var descriptor in new[] { listener, ours, theirs, counter })
            FileCalls.Close(descriptor);
    }

    private static RingsServerOptions WithRoom(RingsServerOptions options) => options with { RingEntries = 256, PerClientCredits = 128, RegisteredFds = 128 };

    // Creating, reading and closing all need a thread of the kernel: the file is in memory, and creating may wait.
    private static void AssertOthersAreServed(RingsHost host, string what, string? path = null)
    {
        using var good = host.Join();
        var memory = SharedMemory.Create("good", 4096);
        var file = good.Register(memory);
        for (var i = 0; i < 20; i++)
        {
            var since = Stopwatch.GetTimestamp();
            var opened = good.Do(RawRings.OpenAt(path ?? host["good"], Create | 2)).Result;
            Assert.True(opened > 0, $"{opened}");
            Assert.Equal(9, good.Do(RawRings.Request(RingsKind.FileRead, file, 9u)).Result);
            Assert.Equal(3, good.Do(RawRings.Request(RingsKind.FileWrite, file, 3u, "abc")).Result);
            Assert.Equal(0, good.Do(RawRings.Request(RingsKind.Close, (uint)opened, 0u)).Result);
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(2), $"{Stopwatch.GetElapsedTime(since)} beside {what}");
        }

        FileCalls.Close(memory);
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "listen")]
    private static partial int Listen(int socket, int backlog);
}

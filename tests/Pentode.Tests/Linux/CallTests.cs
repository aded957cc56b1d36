using Pentode.Core;
using Pentode.Linux;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Linux;

/// <summary>System calls by descriptor: results and errors as the manual pages have them.</summary>
public sealed class CallTests
{
    [Fact]
    public void Files_are_opened_written_and_measured()
    {
        using var directory = new TemporaryDirectory();
        var file = FileCalls.Open(directory["file"], FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL, 0x1A4);
        Assert.True(file >= 0);
        Assert.Equal(-(int)Errno.EEXIST, FileCalls.Open(directory["file"], FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL, 0x1A4));
        Assert.Equal(-(int)Errno.ENOENT, FileCalls.Open(directory["none"], FileCalls.O_RDONLY));
        Assert.Equal(-(int)Errno.EINVAL, FileCalls.Open("no end"u8, FileCalls.O_RDONLY));
        Assert.Equal(5, FileCalls.Pwrite(file, "hello"u8, 3));
        Assert.Equal(5, FileCalls.PwriteDurable(file, "world"u8, 8));
        Span<byte> got = stackalloc byte[20];
        Assert.Equal(13, FileCalls.Pread(file, got, 0));
        Assert.Equal("\0\0\0helloworld"u8, got[..13]);
        Assert.Equal(13, FileCalls.Size(file));
        Assert.True(FileCalls.IsRegular(file));
        Assert.False(FileCalls.IsBlockDevice(file));
        Assert.Equal(0x8000, FileCalls.ModeOf(directory["file"]) & 0xF000);
        Assert.Equal(0, FileCalls.Ftruncate(file, 1 << 20));
        Assert.Equal(0, FileCalls.Fsync(file));
        Assert.Equal(0, FileCalls.Fdatasync(file));
        Assert.Equal(1 << 20, FileCalls.Lseek(file, 0, FileCalls.SeekEnd));
        Assert.Equal(-(int)Errno.EINVAL, FileCalls.Lseek(file, -1, FileCalls.SeekSet));
        Assert.Equal(0, FileCalls.Close(file));
        Assert.Equal(-(int)Errno.EBADF, FileCalls.Fsync(-1));
        Assert.Equal(-(int)Errno.EBADF, FileCalls.Size(-1));
        Assert.False(FileCalls.IsRegular(-1));
        Assert.Equal(0, FileCalls.Unlink(directory["file"]));
        Assert.Equal(-(int)Errno.ENOENT, FileCalls.Unlink(directory["file"]));
    }

    [Fact]
    public unsafe void Vectored_calls_move_every_part()
    {
        using var directory = new TemporaryDirectory();
        var file = FileCalls.Open(directory["file"], FileCalls.O_RDWR | FileCalls.O_CREAT, 0x180);
        var data = GC.AllocateArray<byte>(30, pinned: true);
        new Random(1).NextBytes(data);
        var back = GC.AllocateArray<byte>(30, pinned: true);
        fixed (byte* d = data, b = back)
        {
            IoVector[] parts = [new() { Base = d, Length = 10 }, new() { Base = d + 10, Length = 0 }, new() { Base = d + 10, Length = 20 }];
            Assert.Equal(30, FileCalls.Pwritev2(file, parts, 5, FileCalls.RwfDsync));
            IoVector[] targets = [new() { Base = b, Length = 17 }, new() { Base = b + 17, Length = 13 }];
            Assert.Equal(30, FileCalls.Preadv(file, targets, 5));
            Assert.Equal(new IoVector { Base = d, Length = 10 }, parts[0]);
        }

        Assert.Equal(data, back);
        Assert.Equal(0, FileCalls.Close(file));
    }

    [Fact]
    public void Descriptors_close_on_exec()
    {
        var (a, b) = Sockets.Pair();
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        int[] descriptors =
        [
            a, b, listener, FileCalls.Open("/dev/null", FileCalls.O_RDONLY), Sockets.CreateTcp().Value, Sockets.CreateUnix().Value,
            ReadinessCalls.CreateEpoll(), ReadinessCalls.CreateEvent(),
        ];
        foreach (var descriptor in descriptors)
        {
            var flags = File.ReadLines($"/proc/self/fdinfo/{descriptor}").First(l => l.StartsWith("flags:", StringComparison.Ordinal));
            Assert.Equal(FileCalls.O_CLOEXEC, Convert.ToInt32(flags[6..].Trim(), 8) & FileCalls.O_CLOEXEC);
            Assert.Equal(0, FileCalls.Close(descriptor));
        }
    }

    [Fact]
    public void Readiness_comes_with_its_cookie()
    {
        var epoll = ReadinessCalls.CreateEpoll();
        var (a, b) = Sockets.Pair();
        const ulong Cookie = 0xFEDCBA9876543210;
        Assert.Equal(0, ReadinessCalls.Control(epoll, 1, b, 1, Cookie));
        Assert.Equal(-(int)Errno.EEXIST, ReadinessCalls.Control(epoll, 1, b, 1, Cookie));
        var events = new byte[4 * ReadinessCalls.EventSize];
        Assert.Equal(0, ReadinessCalls.Wait(epoll, events, 0));
        Assert.Equal(1, FileCalls.Write(a, [1]));
        Assert.Equal(1, ReadinessCalls.Wait(epoll, events, 1000));
        Assert.Equal((1u, Cookie), ReadinessCalls.EventAt(events, 0));
        Assert.Equal(0, ReadinessCalls.Control(epoll, 2, b, 0, 0));
        Assert.Equal(-(int)Errno.ENOENT, ReadinessCalls.Control(epoll, 3, b, 1, 0));
        foreach (var descriptor in new[] { epoll, a, b })
            FileCalls.Close(descriptor);
    }

    [Fact]
    public void Sockets_never_block()
    {
        var (a, b) = Sockets.Pair();
        var buffer = GC.AllocateArray<byte>(100, pinned: true);
        Assert.Equal(-(int)Errno.EAGAIN, SocketCalls.Receive(a, buffer));
        FileCalls.Close(b);
        Assert.Equal(0, SocketCalls.Receive(a, buffer));
        FileCalls.Close(a);
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        Assert.Equal(-(int)Errno.EAGAIN, SocketCalls.Accept(listener));
        FileCalls.Close(listener);
        Assert.Equal(-(int)Errno.EBADF, SocketCalls.Accept(-1));
    }

    [Theory]
    [InlineData("127.0.0.1", 16)]
    [InlineData("", 16)]
    [InlineData("*", 16)]
    [InlineData("localhost", 16)]
    [InlineData("::1", 28)]
    [InlineData("::", 28)]
    [InlineData("example.org", 0)]
    [InlineData("300.1.1.1", 0)]
    public void Tcp_addresses(string host, int length) => Assert.Equal(length, Sockets.TcpAddress(host, 564).Length);

    [Fact]
    public void Raw_addresses_have_the_bytes_of_C()
    {
        Assert.Equal([2, 0, 0x02, 0x34, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], Sockets.TcpAddress("127.0.0.1", 564));
        Assert.Equal([10, 0, 0x28, 0xED, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], Sockets.TcpAddress("::1", 10477));
        Assert.Equal([1, 0, (byte)'/', (byte)'s', 0], Sockets.UnixAddress("/s"));
        Assert.Equal([1, 0, 0, (byte)'s'], Sockets.UnixAddress("@s"));
        Assert.Empty(Sockets.TcpAddress("127.0.0.1", 65536));
        Assert.Empty(Sockets.TcpAddress("127.0.0.1", -1));
        Assert.Empty(Sockets.UnixAddress(""));
        Assert.Empty(Sockets.UnixAddress(new string('x', 108)));
        Assert.Equal(110, Sockets.UnixAddress(new string('x', 107)).Length);
    }

    [Fact]
    public void Listening_on_a_file_that_is_no_socket_is_refused()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["plain"], "keep me");
        Assert.Equal(Errno.EADDRINUSE, Sockets.ListenUnix(directory["plain"]).Error);
        Assert.Equal("keep me", File.ReadAllText(directory["plain"]));
        Assert.Equal(Errno.ENOENT, Sockets.ListenUnix(directory["none/socket"]).Error);
        Assert.Equal(Errno.ENAMETOOLONG, Sockets.ListenUnix(new string('x', 200)).Error);
        Assert.Equal(Errno.EINVAL, Sockets.ListenTcp("example.org", 0).Error);
        Assert.NotEqual(Errno.None, Sockets.ListenTcp("192.0.2.1", 0).Error);
    }

    [Fact]
    public void Pinning_takes_existing_processors_only()
    {
        Assert.Equal(-(int)Errno.EINVAL, ThreadCalls.PinToProcessor(-1));
        Assert.Equal(-(int)Errno.EINVAL, ThreadCalls.PinToProcessor(1024));
        var result = 1;
        var thread = new Thread(() => result = ThreadCalls.PinToProcessor(0));
        thread.Start();
        thread.Join();
        Assert.Contains(result, new[] { 0, -(int)Errno.EINVAL });
    }
}

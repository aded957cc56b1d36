using System.Buffers.Binary;
using System.Text;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Client.V2;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Every operation through the client library, by shared ring and by messages.</summary>
public sealed class RingsClient2Tests
{
    [Theory, ClassData(typeof(Transports))]
    public Task Nops_go_round(bool isRing) => RingsClient2Fixture.RunAsync(isRing, async (_, client) =>
    {
        for (var round = 0; round < 20; round++)
        {
            var tasks = new List<Task<Result<int>>>();
            for (var i = 0; i < 700; i++)
                tasks.Add(client.Nop().AsTask());
            foreach (var task in tasks)
                Assert.Equal(0, (await task).Value);
        }

        var stats = (await client.Stats()).Value;
        Assert.Equal(14000ul, stats.Taken);
        Assert.Equal(14000ul, stats.Completions);
        Assert.Equal(0ul, stats.Refused);
        Assert.Equal(0u, stats.UnderWay);
        Assert.Equal(14000, stats.Totals.Sum(c => (long)c));
    });

    [Theory, ClassData(typeof(Transports))]
    public Task Files_are_made_written_read_and_removed(bool isRing) => RingsClient2Fixture.RunAsync(isRing, async (host, client) =>
    {
        var file = (uint)(await client.Open(host["file"], 0x42, 0x1A4)).Value;
        var data = client.Region.Rent(100_000);
        new Random(1).NextBytes(data.Span);
        var expected = data.Span.ToArray();
        Assert.Equal(100_000, (await client.Write(file, data, 50_000)).Value);
        data.Span.Clear();
        Assert.Equal(100_000, (await client.Read(file, data, 50_000)).Value);
        Assert.Equal(expected, data.Span.ToArray());
        Assert.Equal(0, (await client.Read(file, data, 150_000)).Value);
        Assert.Equal(0, (await client.Fsync(file)).Value);
        Assert.Equal(0, (await client.Truncate(file, 60_000)).Value);
        Assert.Equal(0, (await client.Statx(file, data)).Value);
        Assert.Equal(60_000, BinaryPrimitives.ReadInt64LittleEndian(data.Span[40..]));
        Assert.Equal(0, (await client.Close(file)).Value);
        Assert.Equal(Errno.EBADF, (await client.Read(file, data, 0)).Error);
        Assert.Equal(0, (await client.Rename(host["file"], host["other"])).Value);
        Assert.Equal(60_000, new FileInfo(host["other"]).Length);
        Assert.Equal(0, (await client.MakeDirectory(host["dir"], 0x1ED)).Value);
        Assert.True(Directory.Exists(host["dir"]));
        Assert.Equal(0, (await client.Unlink(host["dir"], isDirectory: true)).Value);
        Assert.Equal(0, (await client.Unlink(host["other"])).Value);
        Assert.Equal(Errno.ENOENT, (await client.Open(host["other"], 0)).Error);
        data.Return();
    });

    [Theory, ClassData(typeof(Transports))]
    public Task Chains_open_read_and_close_in_one_go(bool isRing) => RingsClient2Fixture.RunAsync(isRing, async (host, client) =>
    {
        await File.WriteAllTextAsync(host["file"], "contents");
        var path = client.Region.Rent(200);
        var length = Encoding.UTF8.GetBytes(host["file"] + '\0', path.Span);
        var data = client.Region.Rent(8);
        var results = new ValueTask<Result<int>>[3];
        var open = new RingsSubmission { Operation = RingsOperation.Open, Flags = RingsEntryFlags.Link, Region = path.Region!.Id, Address = (ulong)path.Address, Length = (uint)length };
        var read = RingsClient2.Transfer(RingsOperation.Read, RingsWire2.FileOfChain, data, 0) with { Flags = RingsEntryFlags.HardLink };
        var close = new RingsSubmission { Operation = RingsOperation.Close, File = RingsWire2.FileOfChain };
        client.RunChain([open, read, close], results);
        var opened = await results[0];
        Assert.True(opened.IsOk, opened.ToString());
        Assert.Equal(8, (await results[1]).Value);
        Assert.Equal(0, (await results[2]).Value);
        Assert.Equal("contents", Encoding.ASCII.GetString(data.Span));
        Assert.Equal(0u, (await client.Stats()).Value.Files);

        // A failure cancels the rest.
        path.Span[length - 2] = (byte)'x';
        client.RunChain([open, read with { Flags = RingsEntryFlags.Link }, close], results);
        Assert.Equal(Errno.ENOENT, (await results[0]).Error);
        Assert.Equal(Errno.ECANCELED, (await results[1]).Error);
        Assert.Equal(Errno.ECANCELED, (await results[2]).Error);
        Assert.Equal(0u, (await client.Stats()).Value.UnderWay);
    });

    [Theory, ClassData(typeof(Transports))]
    public Task A_short_read_breaks_a_chain(bool isRing) => RingsClient2Fixture.RunAsync(isRing, async (host, client) =>
    {
        await File.WriteAllTextAsync(host["file"], "short");
        var file = (uint)(await client.Open(host["file"], 2)).Value;
        var data = client.Region.Rent(6);
        var results = new ValueTask<Result<int>>[2];
        client.RunChain([RingsClient2.Transfer(RingsOperation.Read, file, data, 0) with { Flags = RingsEntryFlags.Link }, RingsClient2.Transfer(RingsOperation.Write, file, data, 0)], results);
        Assert.Equal(5, (await results[0]).Value);
        Assert.Equal(Errno.ECANCELED, (await results[1]).Error);
    });

    [Theory, ClassData(typeof(Transports))]
    public Task Deadlines_and_cancels_end_what_waits(bool isRing) => RingsClient2Fixture.RunAsync(isRing, async (_, client) =>
    {
        var (a, b) = Sockets.Pair();
        var file = (await client.RegisterFile(a)).Value;
        var data = client.Region.Rent(16);
        var receive = new RingsSubmission { Operation = RingsOperation.Receive, File = file, Region = data.Region!.Id, Address = (ulong)data.Address, Length = 16 };
        Assert.Equal(Errno.ETIME, (await client.Run(receive with { DeadlineNsec = 1_000_000 })).Error);
        var waiting = client.Run(receive, out var name);
        var first = client.Run(receive);
        Assert.Equal(1, (await client.Cancel(name)).Value);
        Assert.Equal(Errno.ECANCELED, (await waiting).Error);
        Assert.Equal(Errno.ENOENT, (await client.Cancel(name)).Error);
        Assert.Equal(1, (await client.Run(new RingsSubmission { Operation = RingsOperation.Cancel, File = file, OperationFlags = 2 })).Value);
        Assert.Equal(Errno.ECANCELED, (await first).Error);
        Assert.Equal(Errno.ETIME, (await client.Timeout(1_000_000)).Error);
        var hour = client.Run(new RingsSubmission { Operation = RingsOperation.Timeout, Argument0 = 3_600_000_000_000 }, out name);
        Assert.Equal(1, (await client.Cancel(name)).Value);
        Assert.Equal(Errno.ECANCELED, (await hour).Error);
        Assert.Equal(Errno.EBUSY, await Busy(client, file, receive));
        FileCalls.Close(a);
        FileCalls.Close(b);
    });

    private static async Task<Errno> Busy(RingsClient2 client, uint file, RingsSubmission receive)
    {
        var waiting = client.Run(receive, out var name);
        Assert.Equal(0, (await client.Nop()).Value);
        var error = await client.Release(file);
        await client.Cancel(name);
        await waiting;
        Assert.Equal(Errno.None, await client.Release(file));
        return error;
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>One submission, many completions, never more than granted.</summary>
public sealed unsafe class RingsMultishot2Tests
{
    private const RingsEntryFlags Multishot = RingsEntryFlags.Multishot;

    [Fact]
    public void A_timeout_ticks_as_often_as_granted_and_counts_on()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 1, Operation = RingsOperation.Timeout, Flags = Multishot, Argument0 = 1_000_000, Shots = 3 }));
        var ticks = client.Completions(3);
        Assert.All(ticks, t => Assert.Equal((1ul, -(int)Errno.ETIME, RingsCompletionFlags.More), (t.Record.UserData, t.Record.Result, t.Record.Flags)));
        Assert.True(ticks[0].Record.Extra < ticks[1].Record.Extra && ticks[1].Record.Extra < ticks[2].Record.Extra);
        Assert.Equal(1u, client.Stats().UnderWay);
        client.Send(RawRings2.Submit([], Grant(1, 1)));
        var more = client.Completions(2);
        Assert.Contains(more, c => c.Record is { UserData: 100, Result: 0 });
        Assert.Contains(more, c => c.Record.UserData == 1 && c.Record.Extra > ticks[2].Record.Extra);
        Cancel(client, 1);
    }

    [Fact]
    public void Accepts_rest_without_losing_connections()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var file = client.Register((int)listener.Handle);
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 1, Operation = RingsOperation.Accept, File = file, Flags = Multishot, Shots = 2 }));
        var peers = Enumerable.Range(0, 5).Select(_ =>
        {
            var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            peer.Connect(listener.LocalEndPoint!);
            return peer;
        }).ToList();
        var accepted = client.Completions(2).Select(c => c.Record).ToList();
        Assert.Equal(3u, client.Stats().Files);
        client.Send(RawRings2.Submit([], Grant(1, 10)));
        accepted.AddRange(client.Completions(4).Select(c => c.Record).Where(r => r.UserData == 1));
        Assert.Equal(5, accepted.Select(a => a.Result).Distinct().Count());
        Assert.All(accepted, a => Assert.Equal(RingsCompletionFlags.More, a.Flags));
        foreach (var record in accepted)
            Assert.Equal(1, client.Do(new RingsSubmission { UserData = 7, Operation = RingsOperation.Send, File = (uint)record.Result, Length = 1 }, [9]).Result);
        Cancel(client, 1);
        peers.ForEach(p => p.Dispose());
    }

    [Fact]
    public void Receives_fill_slices_in_turn_and_end_with_the_stream()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (region, at) = client.Region(4096);
        var (a, b) = Sockets.Pair();
        var file = client.Register(a);
        FileCalls.Close(a);
        client.Send(RawRings2.Submit([], new RingsSubmission
        {
            UserData = 1, Operation = RingsOperation.Receive, File = file, Flags = Multishot, Shots = 2, Region = region, Address = 1000, Length = 30, Argument0 = 10,
        }));
        FileCalls.Write(b, "0123456789abcdefghijABCDEFGHIJ"u8);
        var got = client.Completions(2).Select(c => c.Record).ToList();
        Assert.Equal([1000ul, 1010ul], got.Select(r => r.Extra));
        Assert.Equal("0123456789abcdefghij", Encoding.ASCII.GetString((byte*)at + 1000, 20));
        client.Send(RawRings2.Submit([], Grant(1, 2)));
        var third = client.Completions(2).Select(c => c.Record).First(r => r.UserData == 1);
        Assert.Equal((10, 1020ul), (third.Result, third.Extra));
        Assert.Equal("ABCDEFGHIJ", Encoding.ASCII.GetString((byte*)at + 1020, 10));

        // Round again, to the first slice; then the end of the stream ends it.
        FileCalls.Write(b, "xyz"u8);
        var fourth = client.Completions(1)[0].Record;
        Assert.Equal((3, 1000ul, RingsCompletionFlags.More), (fourth.Result, fourth.Extra, fourth.Flags));
        FileCalls.Close(b);
        client.Send(RawRings2.Submit([], Grant(1, 1)));
        var last = client.Completions(2).Select(c => c.Record).First(r => r.UserData == 1);
        Assert.Equal((0, RingsCompletionFlags.None), (last.Result, last.Flags));
        Assert.Equal(0u, client.Stats().UnderWay);
    }

    [Fact]
    public void Polls_tell_each_time_and_remember_while_they_rest()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (a, b) = Sockets.Pair();
        var file = client.Register(a);
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 1, Operation = RingsOperation.Poll, File = file, Flags = Multishot, Shots = 1, OperationFlags = 1 }));
        Span<byte> one = [1];
        FileCalls.Write(b, one);
        var first = client.Completions(1)[0].Record;
        Assert.Equal((1, RingsCompletionFlags.More), (first.Result & 1, first.Flags));
        FileCalls.Write(b, one);
        client.Do(new RingsSubmission { UserData = 5 });
        client.Send(RawRings2.Submit([], Grant(1, 1)));
        var second = client.Completions(2).Select(c => c.Record).First(r => r.UserData == 1);
        Assert.Equal(1, second.Result & 1);
        Cancel(client, 1);
        FileCalls.Close(a);
        FileCalls.Close(b);
    }

    [Fact]
    public void Deadlines_end_multishots_too()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (a, b) = Sockets.Pair();
        var file = client.Register(a);
        var (region, _) = client.Region(4096);
        var poll = new RingsSubmission { Operation = RingsOperation.Poll, File = file, Flags = Multishot, Shots = 1, OperationFlags = 1, DeadlineNsec = 2_000_000 };
        var receive = new RingsSubmission { Operation = RingsOperation.Receive, File = file, Flags = Multishot, Shots = 1, Region = region, Length = 10, Argument0 = 10, DeadlineNsec = 2_000_000 };
        foreach (var entry in new[] { poll, receive })
        {
            var (result, _, record) = client.Do(entry);
            Assert.Equal((-(int)Errno.ETIME, RingsCompletionFlags.None), (result, record.Flags));
        }

        Assert.Equal(0u, client.Stats().UnderWay);
        FileCalls.Close(a);
        FileCalls.Close(b);
    }

    [Fact]
    public void A_grant_for_nothing_is_told()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        Assert.Equal(-(int)Errno.ENOENT, client.Do(Grant(1, 1)).Result);
    }

    private static RingsSubmission Grant(ulong name, uint shots) => new() { UserData = 100, Operation = RingsOperation.Grant, Argument0 = name, Argument1 = shots };

    // The last completion of the operation and that of the cancel, whatever shots come before them.
    private static void Cancel(RawRings2 client, ulong name)
    {
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 101, Operation = RingsOperation.Cancel, Argument0 = name }));
        var isTold = false;
        var isOver = false;
        while (!isTold || !isOver)
        {
            foreach (var record in client.Some())
            {
                isTold |= record.UserData == 101 && record.Result == 1;
                isOver |= record.UserData == name && record.Result == -(int)Errno.ECANCELED && record.Flags == RingsCompletionFlags.None;
            }
        }

        Assert.Equal(0u, client.Stats().UnderWay);
    }
}

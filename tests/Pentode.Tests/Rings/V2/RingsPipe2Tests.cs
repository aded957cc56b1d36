using System.Diagnostics;
using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Pipes, whose lock a stranger may hold for as long as he likes: nobody else waits for it, and the order of what goes through them is kept.</summary>
public sealed class RingsPipe2Tests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    [Fact]
    public void Who_holds_a_pipe_holds_up_nobody_else()
    {
        using var host = new RingsHost();
        using var bad = RawRings2.Join(host);
        using var good = RawRings2.Join(host);
        using var pipe = new HeldPipe();
        var (reader, writer) = (bad.Register(pipe.Reader), bad.Register(pipe.Writer));
        bad.Send(RawRings2.Submit(
            [1, 2, 3],
            new RingsSubmission { UserData = 1, Operation = RingsOperation.Write, File = writer, Length = 3 },
            new RingsSubmission { UserData = 2, Operation = RingsOperation.Read, File = reader, Length = 3 }));
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < 10; i++)
            Assert.Equal(0, good.Do(new RingsSubmission { Operation = RingsOperation.Nop }).Result);
        Assert.True(Stopwatch.GetElapsedTime(since) < s_patience, $"{Stopwatch.GetElapsedTime(since)} beside a pipe that is held");
        Assert.Equal(2u, bad.Stats().UnderWay);
        pipe.LetGo();
        Assert.Equal(3, bad.Completions(2).Min(c => c.Record.Result));
    }

    [Fact]
    public void What_goes_through_a_pipe_keeps_its_order()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        using var pipe = new HeldPipe();
        pipe.LetGo();
        var (reader, writer) = (client.Register(pipe.Reader), client.Register(pipe.Writer));
        _ = client.Do(new RingsSubmission { Operation = RingsOperation.Read, File = reader, Length = 4096 });
        var reads = Enumerable.Range(0, 60).Select(i => new RingsSubmission { UserData = 100 + (ulong)i, Operation = RingsOperation.Read, File = reader, Length = 1 });
        var writes = Enumerable.Range(0, 60).Select(i => new RingsSubmission { UserData = (ulong)i, Operation = RingsOperation.Write, File = writer, Address = (ulong)i, Length = 1 });
        client.Send(RawRings2.Submit([], [.. reads]));
        client.Send(RawRings2.Submit([.. Enumerable.Range(0, 60).Select(i => (byte)i)], [.. writes]));
        var done = client.Completions(120);
        Assert.All(done, c => Assert.Equal(1, c.Record.Result));
        Assert.Equal(Enumerable.Range(0, 60).Select(i => (100 + (ulong)i, (byte)i)), done.Where(c => c.Record.UserData >= 100).Select(c => (c.Record.UserData, c.Payload[0])));
    }

    [Fact]
    public void Who_waits_for_his_turn_can_be_cancelled_and_may_die()
    {
        using var host = new RingsHost();
        using var pipe = new HeldPipe();
        using (var client = RawRings2.Join(host))
        {
            var writer = client.Register(pipe.Writer);
            var write = new RingsSubmission { Operation = RingsOperation.Write, File = writer, Length = 1 };
            client.Send(RawRings2.Submit([1], write with { UserData = 1 }, write with { UserData = 2 }, write with { UserData = 3 }, write with { UserData = 4 }));
            client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 9, Operation = RingsOperation.Cancel, Argument0 = 2 }));
            Assert.Equal([(2UL, -(int)Errno.ECANCELED), (9, 1)], client.Completions(2).Select(c => (c.Record.UserData, c.Record.Result)).Order().ToList());
            pipe.LetGo();
            Assert.Equal([1UL, 3, 4], client.Completions(3).Select(c => c.Record.UserData));
            Assert.Equal(0u, client.Stats().UnderWay);
            client.Send(RawRings2.Submit([1], write with { UserData = 5 }, write with { UserData = 6 }));
        }

        using var second = RawRings2.Join(host);
        Assert.Equal(0, second.Do(new RingsSubmission { Operation = RingsOperation.Nop }).Result);
        Assert.True(SpinWait.SpinUntil(() => host.Server.Sessions.Count == 1, 20_000));
    }
}

using System.Diagnostics;
using Pentode.Core;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Pipes, whose lock a stranger may hold for as long as he likes: nobody else waits for it, and the order of what goes through them is kept.</summary>
public sealed class RingsPipeTests
{
    private const int Many = 60;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    [Fact]
    public void Who_holds_a_pipe_holds_up_nobody_else()
    {
        using var host = new RingsHost();
        using var bad = host.Join();
        using var good = host.Join();
        using var pipe = new HeldPipe();
        var (reader, writer) = (bad.Register(pipe.Reader), bad.Register(pipe.Writer));
        bad.Send(RawRings.Request(RingsKind.SockWrite, writer, 3u, "abc"), RawRings.Request(RingsKind.FileRead, reader, 3u));
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < 10; i++)
            Assert.Equal(0, good.Do(RawRings.Prefix(RingsKind.Nop)).Result);
        Assert.True(Stopwatch.GetElapsedTime(since) < s_patience, $"{Stopwatch.GetElapsedTime(since)} beside a pipe that is held");
        Assert.Equal(2u, good.Stats().OutstandingTasks);
        pipe.LetGo();
        bad.Submitted();
        bad.Submitted();
        Assert.Equal((3, 3), (bad.Completed().Result, bad.Completed().Result));
    }

    [Fact]
    public void What_goes_through_a_pipe_keeps_its_order()
    {
        using var host = new RingsHost(o => o with { RingEntries = 256, PerClientCredits = 128 });
        using var client = host.Join();
        using var pipe = new HeldPipe();
        pipe.LetGo();
        var (reader, writer) = (client.Register(pipe.Reader), client.Register(pipe.Writer));
        client.Do(RawRings.Request(RingsKind.FileRead, reader, 4096u));
        client.Send([.. Enumerable.Repeat(RawRings.Request(RingsKind.FileRead, reader, 1u), Many)]);
        for (var i = 0; i < Many; i++)
            Assert.Equal(0, client.Submitted().Result);
        using var second = host.Join();
        writer = second.Register(pipe.Writer);
        second.Send([.. Enumerable.Range(0, Many).Select(i => RawRings.Request(RingsKind.SockWrite, writer, 1u, $"{(char)('0' + i)}"))]);
        for (var i = 0; i < Many; i++)
            Assert.Equal([(byte)('0' + i)], client.Completed().Payload);
    }

    [Fact]
    public void Who_waits_for_his_turn_can_be_cancelled_and_may_die()
    {
        using var host = new RingsHost();
        using var pipe = new HeldPipe();
        using var second = host.Join();
        using (var client = host.Join())
        {
            var writer = client.Register(pipe.Writer);
            var write = RawRings.Request(RingsKind.SockWrite, writer, 1u, "x");
            client.Send(write, write, write);
            var tasks = Enumerable.Range(0, 3).Select(_ => client.Submitted().Task).ToList();
            client.Send(RawRings.Request(RingsKind.Cancel, tasks[1]));
            var cancel = client.Submitted().Task;
            Assert.Equal([(tasks[1], -(int)Errno.ECANCELED), (cancel, 0)], Enumerable.Range(0, 2).Select(_ => client.Completed()).Select(c => (c.Task, c.Result)).Order().ToList());
            pipe.LetGo();
            Assert.Equal([(tasks[0], 1), (tasks[2], 1)], Enumerable.Range(0, 2).Select(_ => client.Completed()).Select(c => (c.Task, c.Result)));
            client.Send(write, write, write);
        }

        Assert.True(SpinWait.SpinUntil(() => host.Stats is { OutstandingTasks: 0, ActiveClients: 1, RegisteredFiles: 0 }, 20_000));
        Assert.Equal(0, second.Do(RawRings.Prefix(RingsKind.Nop)).Result);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData(9000)]
    public void A_file_is_read_to_its_end(int size)
    {
        using var host = new RingsHost(o => o with { IoBytesMax = 16384 });
        using var client = host.Join();
        var data = new byte[size];
        new Random(4).NextBytes(data);
        File.WriteAllBytes(host["f"], data);
        var file = (uint)client.Do(RawRings.OpenAt(host["f"], 0)).Result;
        Assert.Equal(data, client.Do(RawRings.Request(RingsKind.FileRead, file, 16384u)).Payload);
        Assert.Equal(data.Take(4096), client.Do(RawRings.Request(RingsKind.FileRead, file, 4096u)).Payload);
    }
}

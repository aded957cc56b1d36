using Pentode.Core;
using Pentode.Rings.Client;
using Pentode.Rings.Client.V2;
using Pentode.Tests.Rings.Client;
using Pentode.Tests.Uring;
using Pentode.Uring.Ring;

namespace Pentode.Tests.Rings.V2;

/// <summary>Old with new, both ways.</summary>
public sealed class RingsFallback2Tests
{
    [Theory, ClassData(typeof(Engines))]
    public async Task A_new_client_learns_that_a_server_is_old_and_falls_back(string engine)
    {
        Assert.SkipWhen(!RingLoop.IsSupported, "this kernel does not let us use io_uring");
        using var host = new RingsHost(o => o with { HasProtocol2 = false });
        await EngineHost.RunAsync(engine, async loop =>
        {
            var (none, problem) = await RingsClient2.ConnectAsync(loop, host.Path);
            Assert.Null(none);
            Assert.Equal(Errno.EPROTONOSUPPORT, problem!.Error);
            Assert.Contains("protocol 1.12", problem.Message, StringComparison.Ordinal);
            var (client, _) = await RingsClient.ConnectAsync(loop, host.Path);
            Assert.Equal(0, (await client!.Nop()).Value);
            await client.DisposeAsync();
            Assert.Equal(0, loop.Buffers.RentedBytes);
        });
    }

    [Theory, ClassData(typeof(Engines))]
    public async Task Old_and_new_clients_share_a_socket(string engine)
    {
        Assert.SkipWhen(!RingLoop.IsSupported, "this kernel does not let us use io_uring");
        using var host = new RingsHost();
        await EngineHost.RunAsync(engine, async loop =>
        {
            var (second, problem) = await RingsClient2.ConnectAsync(loop, host.Path);
            Assert.Null(problem);
            var (first, _) = await RingsClient.ConnectAsync(loop, host.Path);
            for (var i = 0; i < 100; i++)
            {
                Assert.Equal(0, (await first!.Nop()).Value);
                Assert.Equal(0, (await second!.Nop()).Value);
            }

            Assert.Equal(["rings", "rings2"], host.Server.Sessions.Select(s => s.Protocol).Order());
            await first!.DisposeAsync();
            await second!.DisposeAsync();
            Assert.Equal(0, loop.Buffers.RentedBytes);
        });
    }

    [Theory]
    [InlineData("00", Errno.EPROTO)]
    [InlineData("494F443102000000020000000100000060000000", Errno.EPROTO)]
    [InlineData("494F443102000000020000000200000060000000", Errno.EAGAIN)]
    [InlineData("494F443102000000020000000000000010000000", Errno.EPROTO)]
    public async Task Answers_that_are_none_are_told(string answer, Errno expected)
    {
        await EngineHost.RunAsync("portable", async loop =>
        {
            await using var server = new FakeRingsServer(async fake =>
            {
                Assert.Equal(RawRings2.Hello, await fake.Receive(16));
                await fake.Send([.. Convert.FromHexString(answer), .. new byte[96 - (answer.Length / 2)]]);
            });
            var (client, problem) = await RingsClient2.ConnectAsync(loop, server.Path);
            Assert.Null(client);
            Assert.Equal(expected, problem!.Error);
        });
    }

    [Fact]
    public Task The_end_of_the_server_ends_what_waits() => EngineHost.RunAsync("portable", async loop =>
    {
        Assert.SkipWhen(!RingLoop.IsSupported, "this kernel does not let us use io_uring");
        var host = new RingsHost();
        var (client, _) = await RingsClient2.ConnectAsync(loop, host.Path);
        var waiting = client!.Timeout(3_600_000_000_000);
        Assert.Equal(0, (await client.Nop()).Value);
        await Task.Run(host.Dispose);
        Assert.Equal(Errno.ESHUTDOWN, (await waiting).Error);
        Assert.Equal(Errno.ESHUTDOWN, (await client.Nop()).Error);
        Assert.Contains("the server ends", client.Problem!.Message, StringComparison.Ordinal);
        await client.DisposeAsync();
    });
}

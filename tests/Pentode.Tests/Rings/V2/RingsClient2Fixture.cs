using Pentode.Rings.Client.V2;
using Pentode.Rings.Server;
using Pentode.Tests.Uring;
using Pentode.Uring.Ring;

namespace Pentode.Tests.Rings.V2;

/// <summary>A client of protocol 2 with the real server, with and without a shared ring.</summary>
internal static class RingsClient2Fixture
{
    public static Task RunAsync(bool isRing, Func<RingsHost, RingsClient2, Task> body, Func<RingsServerOptions, RingsServerOptions>? with = null, RingsClient2Options? options = null)
    {
        Assert.SkipWhen(!RingLoop.IsSupported, "this kernel does not let us use io_uring");
        return EngineHost.RunAsync("ring", async loop =>
        {
            using var host = new RingsHost(with);
            var (client, problem) = await RingsClient2.ConnectAsync(loop, host.Path, (options ?? new RingsClient2Options()) with { UsesSharedRing = isRing });
            Assert.True(problem is null, problem?.Message);
            await using (client!)
            {
                Assert.Equal(isRing, client!.HasSharedRing);
                await body(host, client);
            }

            Assert.Equal(0, loop.Buffers.RentedBytes);
        });
    }
}

using Pentode.Rings.Client;
using Pentode.Tests.Uring;

namespace Pentode.Tests.Rings.Client;

/// <summary>A client connected to a scripted server, on a loop of its own.</summary>
internal static class RingsClientFixture
{
    public static Task RunAsync(string engine, Func<FakeRingsServer, Task> script, Func<RingsClient, Task> body, RingsClientOptions? options = null) =>
        EngineHost.RunAsync(engine, async loop =>
        {
            await using var server = new FakeRingsServer(script);
            var (client, problem) = await RingsClient.ConnectAsync(loop, server.Path, options);
            Assert.Null(problem);
            await using (client!)
                await body(client!);
            Assert.Equal(0, loop.Buffers.RentedBytes);
        });
}

namespace Pentode.Tests.Uring;

/// <summary>The contract on io_uring.</summary>
public sealed class EngineRingTests() : EngineTests("ring")
{
    [Fact]
    public Task OperationsDoNotAllocate() => OnLoopAsync(async loop =>
    {
        var counting = new AllocationCounter(loop);
        Assert.True(await counting.RunAsync() < 4096);
    });
}

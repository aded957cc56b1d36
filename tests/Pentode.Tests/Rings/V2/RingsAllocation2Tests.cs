using Pentode.Core;
using Pentode.Rings.Client.V2;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>In steady state neither side allocates for an operation. Alone, since it counts what the whole process allocates.</summary>
[Collection(nameof(Rings2Alone))]
public sealed class RingsAllocation2Tests
{
    private const int Depth = 32;

    [Theory, ClassData(typeof(Transports))]
    public Task Ten_thousand_operations_allocate_nothing(bool isRing) => RingsClient2Fixture.RunAsync(isRing, async (host, client) =>
    {
        await File.WriteAllBytesAsync(host["f"], new byte[4096]);
        var file = (uint)(await client.Open(host["f"], 2)).Value;
        var slices = Enumerable.Range(0, Depth).Select(_ => client.Region.Rent(4096)).ToArray();
        var pending = new ValueTask<Result<int>>[Depth * 3];
        for (var warm = 0; warm < 40; warm++)
            await Round(client, file, slices, pending);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var round = 0; round < 110; round++)
            await Round(client, file, slices, pending);
        var bytes = GC.GetTotalAllocatedBytes(precise: true) - before;

        // Both sides live in this process, as do the test and its rounds; an object for each operation would be far more.
        const int operations = 110 * Depth * 3;
        Assert.True(bytes < operations * 10, $"{bytes} bytes for {operations} operations");
    });

    private static async Task Round(RingsClient2 client, uint file, RingsSlice[] slices, ValueTask<Result<int>>[] pending)
    {
        for (var i = 0; i < Depth; i++)
        {
            pending[i * 3] = client.Nop();
            pending[(i * 3) + 1] = client.Read(file, slices[i], 0);
            pending[(i * 3) + 2] = client.Write(file, slices[i], 0);
        }

        foreach (var task in pending)
            Assert.True((await task).IsOk);
    }
}

using Pentode.Rings.Client.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>The buddies of a region against a model.</summary>
public sealed class RegionAllocator2Tests
{
    [Theory]
    [InlineData(4096)]
    [InlineData(3 * 4096)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + (5 * 4096))]
    public void Blocks_never_overlap_and_all_come_back(long size)
    {
        var allocator = new RegionAllocator(size);
        var random = new Random(7);
        var rented = new List<(long At, int Length)>();
        for (var step = 0; step < 5000; step++)
        {
            if (rented.Count > 0 && random.Next(2) == 0)
            {
                var index = random.Next(rented.Count);
                allocator.Return(rented[index].At, rented[index].Length);
                rented.RemoveAt(index);
                continue;
            }

            var length = random.Next(1, (int)Math.Min(size, 100_000) + 1);
            var at = allocator.Rent(length);
            if (at < 0)
                continue;
            Assert.True(at % 4096 == 0 && at + length <= size);
            Assert.All(rented, r => Assert.True(at + length <= r.At || r.At + r.Length <= at, "blocks overlap"));
            rented.Add((at, length));
        }

        foreach (var (at, length) in rented)
            allocator.Return(at, length);
        var largest = 4096;
        while (largest * 2L <= size)
            largest *= 2;
        var whole = allocator.Rent(largest);
        Assert.True(whole >= 0, "the memory stays in pieces");
        allocator.Return(whole, largest);
        Assert.Throws<InvalidOperationException>(() => allocator.Return(whole, largest));
    }
}

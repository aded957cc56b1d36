using Pentode.Nbd.Client;

namespace Pentode.Tests.Nbd.Client;

public sealed class ByteRangesTests
{
    [Fact]
    public void RandomPiecesMatchAModel()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var ranges = new ByteRanges();
            var model = new bool[100];
            for (var step = 0; step < 60; step++)
            {
                var start = random.Next(100);
                var end = random.Next(start + 1, 101);
                var isFree = !model.AsSpan(start, end - start).Contains(true);
                Assert.Equal(isFree, ranges.TryAdd(start, end));
                if (isFree)
                    model.AsSpan(start, end - start).Fill(true);
                Assert.Equal(!model.Contains(false), ranges.Covers(100));
            }
        }
    }

    [Fact]
    public void TooManyPiecesAreRefused()
    {
        var ranges = new ByteRanges();
        for (var i = 0; i < ByteRanges.MaxRanges; i++)
            Assert.True(ranges.TryAdd(2 * i, 2 * i + 1));
        Assert.False(ranges.TryAdd(1 << 20, (1 << 20) + 1));
    }
}

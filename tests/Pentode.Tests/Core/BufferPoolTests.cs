using Pentode.Core.Buffers;

namespace Pentode.Tests.Core;

public sealed class BufferPoolTests
{
    [Theory]
    [InlineData(0, 4096)]
    [InlineData(1, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 8192)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData((64 << 20) + 1, 128 << 20)]
    public void Sizes_round_up_to_a_power_of_two(int asked, int expected)
    {
        using var pool = new BufferPool();
        var buffer = pool.Rent(asked);
        Assert.Equal(expected, buffer.Capacity);
        Assert.Equal(expected, pool.RentedBytes);
        buffer.Release();
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void A_released_buffer_is_used_again()
    {
        using var pool = new BufferPool();
        var first = pool.Rent(5000);
        first.Release();
        Assert.Same(first, pool.Rent(6000));
        first.Release();
    }

    [Fact]
    public void Releasing_twice_is_refused()
    {
        using var pool = new BufferPool();
        var buffer = pool.Rent(1);
        buffer.Release();
        Assert.Throws<InvalidOperationException>(buffer.Release);
    }

    [Fact]
    public void Idle_memory_stays_under_its_limit()
    {
        using var pool = new BufferPool(keepBytes: 8192);
        var buffers = Enumerable.Range(0, 8).Select(_ => pool.Rent(4096)).ToArray();
        foreach (var buffer in buffers)
            buffer.Release();
        Assert.Equal(8192, pool.IdleBytes);
    }

    [Fact]
    public void Renting_and_releasing_allocates_nothing_once_warm()
    {
        using var pool = new BufferPool();
        pool.Rent(4096).Release();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            pool.Rent(4096).Release();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}

using Pentode.Core.Buffers;
using Xunit;

namespace Pentode.Tests.Core;

public sealed class AgingTableTests
{
    [Fact]
    public void What_was_used_of_late_stays_and_the_rest_goes()
    {
        var table = new AgingTable<int, string>(100);
        for (var i = 0; i < 1000; i++)
        {
            table.Put(i, $"{i}");
            // Used all the time.
            Assert.True(table.TryGet(0, out var first));
            Assert.Equal("0", first);
            Assert.InRange(table.Count, 1, 100);
        }

        for (var i = 951; i < 1000; i++)
            Assert.True(table.TryGet(i, out _));
        Assert.False(table.TryGet(500, out _));
        table.Put(999, "again");
        Assert.True(table.TryGet(999, out var value));
        Assert.Equal("again", value);
    }
}

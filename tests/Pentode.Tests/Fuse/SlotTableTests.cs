using Pentode.Fuse;

namespace Pentode.Tests.Fuse;

/// <summary>Names of objects towards the kernel.</summary>
public sealed class SlotTableTests
{
    [Fact]
    public void Names_begin_with_one_and_are_never_used_again()
    {
        var table = new SlotTable<string>();
        Assert.Equal(1UL, table.Add("root"));
        var seen = new HashSet<ulong> { 1 };
        for (var i = 0; i < 1000; i++)
        {
            var name = table.Add("x");
            Assert.True(seen.Add(name));
            Assert.Equal("x", table.Find(name));
            table.Remove(name);
            Assert.Null(table.Find(name));
        }

        Assert.Equal(1, table.Count);
        Assert.Equal(["root"], table.All());
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(2UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData((1UL << 32) | 1)]
    public void What_was_never_given_is_not_found(ulong name)
    {
        var table = new SlotTable<string>();
        table.Add("root");
        Assert.Null(table.Find(name));
        table.Remove(name);
        Assert.Equal(1, table.Count);
    }
}

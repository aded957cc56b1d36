using Pentode.Fuse;

namespace Pentode.Tests.Fuse;

/// <summary>Who the callers of a mount are.</summary>
public sealed class FuseCallersTests
{
    [Theory]
    [InlineData("Name:\tx\nGid:\t1 1 1 1\nGroups:\t4 24 1000 \nNStgid:\t1\n", new uint[] { 4, 24, 1000 })]
    [InlineData("Name:\tx\nGroups:\t \n", new uint[0])]
    [InlineData("Name:\tx\nGroups:\t4294967294", new uint[] { 4294967294 })]
    [InlineData("Name:\tx\n", new uint[0])]
    [InlineData("", new uint[0])]
    public void The_line_of_groups_is_read(string status, uint[] groups) =>
        Assert.Equal(groups, FuseCallers.ParseGroups(System.Text.Encoding.ASCII.GetBytes(status)));

    [Fact]
    public void A_process_that_is_gone_has_no_groups_and_is_asked_again_later()
    {
        var callers = new FuseCallers(readGroups: true, lifetimeMs: 1000);
        var who = callers.Find(uint.MaxValue, 7, 8, nowMs: 0);
        Assert.Equal((7u, 8u, 0), (who.Uid, who.Gid, who.Groups.Length));
        Assert.Same(who, callers.Find(uint.MaxValue, 7, 8, nowMs: 999));
        Assert.NotSame(who, callers.Find(uint.MaxValue, 7, 8, nowMs: 1000));
        Assert.NotEqual(who, callers.Find(uint.MaxValue, 9, 8, nowMs: 0));
    }
}

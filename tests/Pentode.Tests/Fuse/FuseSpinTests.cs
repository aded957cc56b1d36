using Pentode.Fuse;

namespace Pentode.Tests.Fuse;

/// <summary>When the next request is looked for instead of slept for.</summary>
public sealed class FuseSpinTests
{
    private const long Short = 10_000;
    private const long Long = 1_000_000;

    [Fact]
    public void It_looks_after_several_short_gaps_and_stops_when_it_finds_nothing()
    {
        var spin = new FuseSpin(processors: 2);
        Assert.False(spin.IsWorthIt);
        for (var i = 0; i < 4; i++)
            spin.Slept(Short);
        Assert.True(spin.IsWorthIt);
        spin.Looked(found: false);
        Assert.False(spin.IsWorthIt);
    }

    [Fact]
    public void A_load_that_goes_on_bears_some_misses_and_one_that_ends_costs_few()
    {
        var spin = new FuseSpin(processors: 2);
        for (var i = 0; i < 4; i++)
            spin.Slept(Short);
        for (var i = 0; i < 100; i++)
            spin.Looked(found: true);
        spin.Looked(found: false);
        Assert.True(spin.IsWorthIt);
        var misses = 0;
        for (; spin.IsWorthIt; misses++)
            spin.Looked(found: false);
        Assert.InRange(misses, 1, 4);
    }

    [Fact]
    public void Requests_far_apart_are_slept_for()
    {
        var spin = new FuseSpin(processors: 2);
        for (var i = 0; i < 3; i++)
            spin.Slept(Short);
        for (var i = 0; i < 10; i++)
            spin.Slept(Long);
        spin.Slept(Short);
        Assert.False(spin.IsWorthIt);
    }

    [Fact]
    public void One_processor_is_left_to_who_asks()
    {
        var spin = new FuseSpin(processors: 1);
        for (var i = 0; i < 100; i++)
            spin.Slept(Short);
        Assert.False(spin.IsWorthIt);
    }
}

using Pentode.Testing.Locks;

namespace Pentode.Tests.Locks;

public sealed class StateSearchTests
{
    [Fact]
    public void In_every_state_uses_are_compatible_and_whoever_waits_can_be_served()
    {
        var search = StateSearch.Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{search.States} states, {search.Steps} steps");
        Assert.True(search.ViolatedStates == 0 && search.StuckStates == 0, search.FirstBad);
        // A search that lost its steps would pass too.
        Assert.InRange(search.States, 100_000, 50_000_000);
    }

    [Fact]
    public void Without_the_upgrade_rule_the_search_finds_nodes_that_wait_for_ever()
    {
        var search = StateSearch.Run(omitUpgradeRule: true);
        Assert.Equal(0, search.ViolatedStates);
        Assert.True(search.StuckStates > 0);
        Assert.Contains("wait", search.FirstBad, StringComparison.Ordinal);
    }
}

using Pentode.Testing.Processes;

namespace Pentode.Tests.Rings;

/// <summary>Runs each of the <see cref="RingsIsolatedFacts"/> in a process of its own.</summary>
public sealed class RingsIsolatedTests
{
    [Theory]
    [InlineData(nameof(RingsIsolatedFacts.Accepting_rests_when_descriptors_run_out_and_goes_on))]
    [InlineData(nameof(RingsIsolatedFacts.One_client_cannot_take_the_descriptors_others_need_to_connect))]
    [InlineData(nameof(RingsIsolatedFacts.A_client_of_protocol_2_needs_room_for_what_it_may_send))]
    [InlineData(nameof(RingsIsolatedFacts.Without_root_only_the_own_user_is_served))]
    public void Passes_in_its_own_process(string fact)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Pentode.Tests");
        Assert.SkipUnless(File.Exists(program), "the tests run inside another program");
        var result = Tool.Run(120, program, "-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(RingsIsolatedFacts).FullName}.{fact}");
        Assert.True(result.Status == 0, result.Output + result.Error);
        Assert.Contains("Total: 1,", result.Output, StringComparison.Ordinal);
        Assert.SkipWhen(result.Output.Contains("Skipped: 1,", StringComparison.Ordinal), result.Output);
    }
}

using Pentode.Testing.Processes;

namespace Pentode.Tests.Uring;

/// <summary>Runs each of the <see cref="IsolatedFacts"/> in a process of its own.</summary>
public sealed class IsolatedTests
{
    [Theory]
    [InlineData(nameof(IsolatedFacts.Accepting_goes_on_after_descriptors_ran_out), "ring")]
    [InlineData(nameof(IsolatedFacts.Accepting_goes_on_after_descriptors_ran_out), "portable")]
    [InlineData(nameof(IsolatedFacts.Stopped_loops_leave_no_descriptors), "")]
    [InlineData(nameof(IsolatedFacts.Filter_that_refuses_io_uring_means_the_portable_engine), "1")]
    [InlineData(nameof(IsolatedFacts.Filter_that_refuses_io_uring_means_the_portable_engine), "38")]
    [InlineData(nameof(IsolatedFacts.Little_lockable_memory_makes_smaller_rings), "")]
    [InlineData(nameof(IsolatedFacts.Signals_do_not_disturb_the_loops), "")]
    public void Passes_in_its_own_process(string fact, string argument)
    {
        Environment.SetEnvironmentVariable(IsolatedFacts.ArgumentVariable, null);
        var program = Path.Combine(AppContext.BaseDirectory, "Pentode.Tests");
        Assert.SkipUnless(File.Exists(program), "the tests run inside another program");
        var result = Tool.Run(120, "env", $"{IsolatedFacts.ArgumentVariable}={argument}", program, "-noLogo", "-noColor", "-explicit", "only",
            "-method", $"{typeof(IsolatedFacts).FullName}.{fact}");
        Assert.True(result.Status == 0, result.Output + result.Error);
        Assert.Contains("Total: 1,", result.Output, StringComparison.Ordinal);
        Assert.SkipWhen(result.Output.Contains("Skipped: 1,", StringComparison.Ordinal), result.Output);
    }
}

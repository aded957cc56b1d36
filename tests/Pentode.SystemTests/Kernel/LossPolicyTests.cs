using System.Globalization;
using System.Text.RegularExpressions;
using Pentode.Testing.Machines;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Kernel;

/// <summary>
/// The policies on loss that take the machine down, in a machine of their own: the kernel's software watchdog (module <c>softdog</c>) behind /dev/watchdog, and its
/// own reset by /proc/sysrq-trigger.
/// </summary>
public sealed partial class LossPolicyTests
{
    private const int WasReset = 42;
    private const int Seconds = 90;

    [Theory]
    [InlineData("watchdog", "stop", 0, 9)]
    [InlineData("watchdog", "store", 0, 9)]
    [InlineData("reset", "store", 5, 14)]
    public void A_machine_whose_locks_are_lost_is_reset_before_others_may_take_them(string policy, string end, double earliest, double latest)
    {
        var result = Boot(policy, end);
        Assert.Contains("alive with the lock", result.Output, StringComparison.Ordinal);
        // User-mode Linux may hang in the reboot itself: that the watchdog began it is in the kernel's log.
        Assert.True(result.Status == WasReset || result.Error.Contains("softdog: Initiating system reboot", StringComparison.Ordinal), $"status {result.Status}: {result.Output}{result.Error}");
        var last = StillUp().Matches(result.Output).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).LastOrDefault();
        Assert.InRange(last, earliest, latest);
    }

    [Fact]
    public void An_orderly_end_leaves_the_watchdog_off()
    {
        var result = Boot("watchdog", "orderly");
        Assert.True(result.Status == 0, $"status {result.Status}: {result.Output}{result.Error}");
        Assert.Contains("alive after the end", result.Output, StringComparison.Ordinal);
    }

    private static ToolResult Boot(string policy, string end)
    {
        VirtualMachine.Require();
        EtcdCluster.Require();
        return new VirtualMachine(Path.Combine(AppContext.BaseDirectory, "Kernel", "Guest")).Run(
            Seconds, memoryMib: 900, "loss", ("POLICY", policy), ("END", end), ("PENTODE", Path.GetFullPath(PentodeProcess.Binary)));
    }

    [GeneratedRegex(@"still up after ([0-9.]+) s")]
    private static partial Regex StillUp();
}

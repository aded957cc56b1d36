using Pentode.Testing.Processes;

namespace Pentode.Testing.Machines;

/// <summary>
/// A small virtual machine with a Linux kernel of its own, whose 9P and NBD clients reach servers on this host's loopback: <c>tests/vm/boot</c>
/// with the programs of a directory shared with it.
/// </summary>
/// <param name="programs">Directory with an executable <c>run</c> that takes a program's name; seen at <c>/run/guest</c>.</param>
public sealed class VirtualMachine(string programs)
{
    private static readonly string s_boot = Path.Combine(AppContext.BaseDirectory, "vm", "boot");

    /// <summary>Skips the test, with the reason, where no machine can be had.</summary>
    public static void Require()
    {
        var check = Tool.Run(20, s_boot, "--check");
        Xunit.Assert.SkipUnless(check.Status != 3, check.Error.Trim());
        Xunit.Assert.True(check.Status == 0, check.Error);
    }

    /// <summary>Boots, runs one program with the settings in its environment, and fails the test unless it ends well in time.</summary>
    /// <param name="seconds">Limit for the whole run.</param>
    /// <param name="program">Name of the program.</param>
    /// <param name="settings">Names and values.</param>
    public string Ok(int seconds, string program, params (string Name, object Value)[] settings) =>
        Tool.Ok(seconds + 10, s_boot, Arguments(seconds, 512, program, settings));

    /// <summary>The same for a run that may end in any way, the machine's own end included (status 125).</summary>
    /// <param name="seconds">Limit for the whole run.</param>
    /// <param name="memoryMib">Memory of the machine.</param>
    /// <param name="program">Name of the program.</param>
    /// <param name="settings">Names and values.</param>
    public ToolResult Run(int seconds, int memoryMib, string program, params (string Name, object Value)[] settings) =>
        Tool.Run(seconds + 10, s_boot, Arguments(seconds, memoryMib, program, settings));

    private string[] Arguments(int seconds, int memoryMib, string program, (string Name, object Value)[] settings) =>
    [
        "--time", FormattableString.Invariant($"{seconds}"), "--memory", FormattableString.Invariant($"{memoryMib}"), "--share", programs + ":/run/guest",
        .. settings.SelectMany(s => new[] { "--env", FormattableString.Invariant($"{s.Name}={s.Value}") }), Path.Combine(programs, "run"), program,
    ];
}

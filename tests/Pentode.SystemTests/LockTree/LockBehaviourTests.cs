using System.Runtime.CompilerServices;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.LockTree;

/// <summary>Every row of what the kernel's dlmfs answers, asked of our two nodes by real system calls; differences are those the table explains.</summary>
public sealed class LockBehaviourTests
{
    private const int Patience = 300;

    [Theory]
    [InlineData("default")]
    [InlineData("compatible")]
    public void Answers_are_the_kernels_but_for_what_is_explained(string mode)
    {
        Tool.Require("python3");
        using var m = mode == "default" ? Mounted.Locks() : Mounted.Locks("--compatible");
        File.SetUnixFileMode(m.Files.Path, (UnixFileMode)0x1ED);
        var result = Tool.Run(Patience, "python3", Script(), mode, m.Files["a"], m.Files["b"]);
        Assert.True(result.Status == 0, result.Output + result.Error);
    }

    [Fact]
    public void The_table_is_in_the_reference()
    {
        Tool.Require("python3");
        var table = Tool.Ok(Patience, "python3", Script(), "--table");
        var reference = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Script())!, "../../../docs/reference/locks.md"));
        Assert.True(reference.Contains(table.TrimEnd(), StringComparison.Ordinal), "docs/reference/locks.md has another table than 'behaviour.py --table' prints");
    }

    private static string Script([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "behaviour.py");
}

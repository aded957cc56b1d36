using System.Runtime.CompilerServices;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Machines;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.LockTree;

/// <summary>Every row of what the kernel's dlmfs answers, asked of two mounts of it and of our two nodes by real system calls; differences are those the table explains.</summary>
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

    /// <summary>The column "kernel" is what a real dlmfs answers: the same program asks two mounts of it in a virtual machine.</summary>
    [Fact]
    public void The_kernels_own_dlmfs_answers_what_the_table_says()
    {
        VirtualMachine.Require();
        Tool.Require("python3");
        Assert.SkipUnless(Directory.GetFiles("/usr/lib/uml/modules", "ocfs2_dlmfs.ko", SearchOption.AllDirectories).Length > 0, "the kernel of user-mode-linux has no dlmfs");
        var suite = Path.GetDirectoryName(Script())!;
        var result = Tool.Run(Patience, "env", "VM=" + Path.Combine(AppContext.BaseDirectory, "vm"), "SUITE=" + suite, Path.Combine(AppContext.BaseDirectory, "locks", "kernel-dlmfs"));
        Assert.True(result.Status == 0, result.Output + result.Error);
        Assert.EndsWith(" rows, 0 different", result.Output.TrimEnd(), StringComparison.Ordinal);
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

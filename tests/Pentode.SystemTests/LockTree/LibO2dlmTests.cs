using System.Runtime.CompilerServices;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.LockTree;

/// <summary>A C program written for libo2dlm, linked with ours, on the lock trees of two nodes.</summary>
public sealed class LibO2dlmTests
{
    private const int Patience = 180;

    [Fact]
    public void A_program_of_libo2dlm_runs_when_linked_with_ours()
    {
        Tool.Require("gcc");
        using var m = Mounted.Locks();
        var source = Path.Combine(Path.GetDirectoryName(Here())!, "../../../clients/c/libo2dlm");
        Tool.Ok(Patience, "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", source, "-o", m.Files["client"], Path.Combine(Path.GetDirectoryName(Here())!, "o2dlm-client.c"), source + "/o2dlm.c");
        Assert.Equal("all as expected\n", Tool.Ok(Patience, m.Files["client"], m.Files["a"], m.Files["b"]));
        Assert.Empty(Directory.GetFileSystemEntries(m.Files["a"]));
    }

    [Fact]
    public void The_error_numbers_are_those_of_the_original()
    {
        Tool.Require("gcc");
        const string original = "/usr/include/o2dlm/o2dlm_err.h";
        Assert.SkipUnless(File.Exists(original), "needs ocfs2-tools-dev");
        using var files = new TemporaryDirectory();
        var names = File.ReadAllLines(original).Where(l => l.StartsWith("#define O2DLM_ET_", StringComparison.Ordinal)).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.Equal(32, names.Length);
        File.WriteAllText(files["n.c"], "#include <o2dlm/o2dlm_err.h>\n#include <stdio.h>\nint main(void) {\n" + string.Concat(names.Select(n => $"printf(\"%ld\\n\", (long){n[1]});\n")) + "return 0; }\n");
        Tool.Ok(Patience, "gcc", "-I", Path.Combine(Path.GetDirectoryName(Here())!, "../../../clients/c/libo2dlm"), "-o", files["n"], files["n.c"]);
        Assert.Equal(names.Select(n => n[2].Trim('(', ')', 'L')), Tool.Ok(Patience, files["n"]).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Here([CallerFilePath] string here = "") => here;
}

using System.Runtime.CompilerServices;
using Pentode.SystemTests.Fuse;
using Pentode.Testing.Machines;
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

    /// <summary>A lock tree whose daemon died stays mounted and answers nothing: the library looks past it.</summary>
    [Fact]
    public void The_mount_of_a_daemon_that_died_hides_no_other()
    {
        Tool.Require("gcc");
        using var dead = Mounted.Locks();
        dead.Process!.Kill();
        using var m = Mounted.Locks();
        Tool.Ok(Patience, "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", Beside("../../../clients/c/libo2dlm"), "-o", m.Files["client"], Beside("o2dlm-client.c"), Beside("../../../clients/c/libo2dlm/o2dlm.c"));
        Assert.Equal("all as expected\n", Tool.Ok(Patience, m.Files["client"], m.Files["a"], m.Files["b"]));
    }

    /// <summary>The same program, compiled with the headers of the original as its users have done, and linked again.</summary>
    [Fact]
    public void A_program_compiled_with_the_originals_headers_is_linked_with_ours()
    {
        RequireOriginal();
        using var m = Mounted.Locks();
        var source = Beside("../../../clients/c/libo2dlm");
        Tool.Ok(Patience, "gcc", "-std=c11", "-fPIC", "-c", "-I", source, "-o", m.Files["o2dlm.o"], source + "/o2dlm.c");
        Tool.Ok(Patience, "gcc", "-Wall", "-Wextra", "-Werror", "-c", "-o", m.Files["client.o"], Beside("o2dlm-client.c"));
        Tool.Ok(Patience, "gcc", "-o", m.Files["client"], m.Files["client.o"], m.Files["o2dlm.o"]);
        Assert.Equal("all as expected\n", Tool.Ok(Patience, m.Files["client"], m.Files["a"], m.Files["b"]));
    }

    /// <summary>A program with the original library in it, not linked again, on the kernel's 9P mount of our lock tree; the other node is a FUSE mount of this host.</summary>
    [Fact]
    public void A_program_of_the_original_runs_unchanged_on_a_kernel_9p_mount()
    {
        RequireOriginal();
        VirtualMachine.Require();
        Mounted.Require();
        using var m = new Mounted();
        File.WriteAllText(m.Files["p.yaml"], $"""
            files:
              listen: 127.0.0.1:0
            locks:
              directory: {m.Files["store"]}
              mounts:
                - path: {m.Point("other")}
                  node: other
            control:
              socket: {m.Files["control.sock"]}
            """);
        m.Start("serve", m.Files["p.yaml"]);
        Directory.CreateDirectory(m.Files["share"]);
        Tool.Ok(Patience, "gcc", "-Wall", "-Wextra", "-Werror", "-o", m.Files["share/program"], Beside("o2dlm-original.c"), "-lo2dlm", "-lcom_err");
        File.WriteAllText(m.Files["inside"], "#!/bin/sh\nmkdir -p /mnt/dlm\nmount -t 9p -o trans=tcp,port=$PORT,version=9p2000.L,cache=none,aname=locks,uname=root,access=client $HOST /mnt/dlm || exit 1\n/run/share/program /mnt/dlm\n");
        Directory.CreateDirectory(m.Files["other/dom"]);
        using var held = new FileStream(m.Files["other/dom/busy"], FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var result = Tool.Run(
            Patience, Path.Combine(AppContext.BaseDirectory, "vm", "boot"), "--share", m.Files["share"] + ":/run/share", "--env", FormattableString.Invariant($"PORT={m.Process!.Port("9p")}"), m.Files["inside"]);
        Assert.True(result.Status == 0, result.Output + result.Error);
        Assert.Equal("all as expected\n", result.Output);
        // What it wrote is the value of the cluster.
        using var theirs = new FileStream(m.Files["other/dom/kept"], FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var value = new byte[9];
        theirs.ReadExactly(value);
        Assert.Equal("the value"u8, value);
    }

    [Fact]
    public void The_error_numbers_are_those_of_the_original()
    {
        Tool.Require("gcc");
        const string original = "/usr/include/o2dlm/o2dlm_err.h";
        RequireOriginal();
        using var files = new TemporaryDirectory();
        var names = File.ReadAllLines(original).Where(l => l.StartsWith("#define O2DLM_ET_", StringComparison.Ordinal)).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.Equal(32, names.Length);
        File.WriteAllText(files["n.c"], "#include <o2dlm/o2dlm_err.h>\n#include <stdio.h>\nint main(void) {\n" + string.Concat(names.Select(n => $"printf(\"%ld\\n\", (long){n[1]});\n")) + "return 0; }\n");
        Tool.Ok(Patience, "gcc", "-I", Path.Combine(Path.GetDirectoryName(Here())!, "../../../clients/c/libo2dlm"), "-o", files["n"], files["n.c"]);
        Assert.Equal(names.Select(n => n[2].Trim('(', ')', 'L')), Tool.Ok(Patience, files["n"]).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static void RequireOriginal()
    {
        Tool.Require("gcc");
        Assert.SkipUnless(File.Exists("/usr/include/o2dlm/o2dlm.h") && File.Exists("/usr/include/et/com_err.h"), "needs ocfs2-tools-dev and comerr-dev");
    }

    private static string Beside(string path) => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, path));

    private static string Here([CallerFilePath] string here = "") => here;
}

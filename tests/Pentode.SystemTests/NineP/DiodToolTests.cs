using Pentode.Testing.Processes;

namespace Pentode.SystemTests.NineP;

/// <summary>The tools of Debian's diod package against the real daemon.</summary>
public sealed class DiodToolTests
{
    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public void Diodls_and_diodcat_list_and_read(string engine)
    {
        Tool.Require("diodls");
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["hello.txt"], "hello from 9P\n");
        Directory.CreateDirectory(files["sub"]);
        var big = new byte[3 << 20];
        new Random(7).NextBytes(big);
        File.WriteAllText(files["sub/big"], Convert.ToBase64String(big));
        using var state = new TemporaryDirectory();
        using var daemon = PentodeProcess.Start("files", "serve", files.Path, "--listen", "127.0.0.1:0", "--engine", engine, "--control", state["control.sock"]);
        var server = $"127.0.0.1:{daemon.Port("9p")}";
        var list = Tool.Ok(20, "diodls", "-s", server, "-a", files.Path, "/");
        Assert.Contains("hello.txt", list, StringComparison.Ordinal);
        Assert.Contains("sub", list, StringComparison.Ordinal);
        Assert.Equal("hello from 9P\n", Tool.Ok(20, "diodcat", "-s", server, "-a", files.Path, "hello.txt"));
        Assert.Equal(Convert.ToBase64String(big), Tool.Ok(20, "diodcat", "-s", server, "-a", files.Path, "sub/big"));
        Assert.Equal(0, daemon.Terminate());
    }
}

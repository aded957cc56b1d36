using System.Globalization;
using System.Text.Json;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Nfs;

/// <summary>Debian's libnfs, its tools and its library, against the real daemon. Ports are given: no rpcbind is needed.</summary>
public sealed class LibnfsTests
{
    public static TheoryData<string> Engines { get; } = new("ring", "portable");

    [Theory]
    [MemberData(nameof(Engines))]
    public void The_tools_list_read_and_copy(string engine)
    {
        Tool.Require("nfs-ls");
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["export/sub"]);
        File.WriteAllText(files["export/hello.txt"], "hello from NFS\n");
        var data = new byte[(5 << 20) + 3];
        new Random(3).NextBytes(data);
        File.WriteAllBytes(files["big"], data);
        Serve(engine, files, [], daemon =>
        {
            string Url(string path) => string.Create(CultureInfo.InvariantCulture, $"nfs://127.0.0.1{files["export"]}{path}?nfsport={daemon.Port("nfs")}&mountport={daemon.Port("nfs")}");
            var list = Tool.Ok(30, "nfs-ls", Url(""));
            Assert.Contains("hello.txt", list, StringComparison.Ordinal);
            Assert.Contains("sub", list, StringComparison.Ordinal);
            Assert.Equal("hello from NFS\n", Tool.Ok(30, "nfs-cat", Url("/hello.txt")));
            Tool.Ok(60, "nfs-cp", files["big"], Url("/sub/copy"));
            Assert.Equal(data, File.ReadAllBytes(files["export/sub/copy"]));
            Tool.Ok(60, "nfs-cp", Url("/sub/copy"), files["back"]);
            Assert.Equal(data, File.ReadAllBytes(files["back"]));
            Assert.NotEqual(0, Tool.Run(30, "nfs-cat", Url("/none")).Status);

            using var status = JsonDocument.Parse(Tool.Ok(20, PentodeProcess.Binary, "status", "--json", "--control", files["control"]));
            var metrics = status.RootElement.GetProperty("metrics");
            Assert.True(metrics.GetProperty("pentode.nfs.v3.read").GetInt64() >= 5);
            Assert.True(metrics.GetProperty("pentode.nfs.v3.write").GetInt64() >= 5);
            Assert.Contains(status.RootElement.GetProperty("exports").EnumerateArray(), e => e.GetProperty("service").GetString() == "nfs" && e.GetProperty("bytes_written").GetInt64() == data.Length);
        });
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Version_2_by_the_raw_calls_of_the_library(string engine)
    {
        Tool.Require("gcc");
        Assert.SkipUnless(File.Exists("/usr/include/nfsc/libnfs-raw.h"), "needs libnfs-dev");
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["export"]);
        Tool.Ok(60, "gcc", "-o", files["v2"], Path.Combine(AppContext.BaseDirectory, "nfs", "v2.c"), "-lnfs");
        Serve(engine, files, [], daemon =>
            Assert.Equal("ok\n", Tool.Ok(60, files["v2"], "127.0.0.1", daemon.Port("nfs").ToString(CultureInfo.InvariantCulture), files["export"])));
    }

    [Fact]
    public void Handles_survive_the_daemon()
    {
        Tool.Require("nfs-cat");
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["export"]);
        Serve("ring", files, [], _ => { });
        var key = File.ReadAllText(files["state/nfs-handles"]);
        Serve("ring", files, [], _ => { });
        Assert.Equal(key, File.ReadAllText(files["state/nfs-handles"]));
    }

    [Fact]
    public void Wrong_options_and_exports_are_told()
    {
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["pentode.yaml"], $"files: {{listen: \"unix:{files["9p"]}\", exports: [{{path: {files.Path}}}]}}\nnfs: {{listen: \"127.0.0.1:0\", state: {files["state"]}, exports: [{{export: /none}}]}}\ncontrol: {{socket: {files["c"]}}}\n");
        var refused = Tool.Run(30, PentodeProcess.Binary, "serve", files["pentode.yaml"]);
        Assert.Equal(3, refused.Status);
        Assert.Contains("no export named '/none'", refused.Error, StringComparison.Ordinal);
        refused = Tool.Run(30, PentodeProcess.Binary, "files", "serve", files.Path, "--no-root-squash");
        Assert.Equal(2, refused.Status);
        Assert.Contains("need --nfs", refused.Error, StringComparison.Ordinal);
    }

    private static void Serve(string engine, TemporaryDirectory files, string[] more, Action<PentodeProcess> body)
    {
        using var daemon = PentodeProcess.Start(
            ["files", "serve", files["export"], "--nfs", "127.0.0.1:0", "--no-root-squash", "--state", files["state"], "--engine", engine, "--control", files["control"], .. more]);
        body(daemon);
        Assert.Equal(0, daemon.Terminate());
        Assert.DoesNotContain(" error ", daemon.Errors, StringComparison.Ordinal);
    }
}

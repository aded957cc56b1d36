using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.NineP;

/// <summary><c>pentode files ls, cat, stat, cp</c> against our daemon and against diod.</summary>
public sealed class FilesCommandTests
{
    private const int FileCount = 10_000;

    [Theory]
    [InlineData("ring")]
    [InlineData("portable")]
    public void Ten_thousand_files_go_out_and_come_back(string engine)
    {
        using var files = new TemporaryDirectory(memory: true);
        MakeTree(files["tree"], FileCount);
        Directory.CreateDirectory(files["served"]);
        using var daemon = Serve(files["served"], engine, files["control.sock"]);
        CopyBothWays(files, $"9p://127.0.0.1:{daemon.Port("9p")}{files["served"]}", engine);
        Assert.Equal(0, daemon.Terminate());
    }

    [Fact]
    public void Files_go_to_diod_and_come_back()
    {
        Tool.Require("diod");
        using var files = new TemporaryDirectory(memory: true);
        MakeTree(files["tree"], 1000);
        Directory.CreateDirectory(files["served"]);
        var port = FreePort();
        using var diod = System.Diagnostics.Process.Start("/usr/sbin/diod", ["-f", "-n", "-l", $"127.0.0.1:{port}", "-e", files["served"], "-L", files["diod.log"]]);
        try
        {
            Assert.True(Answers(port), "diod does not answer");
            CopyBothWays(files, $"9p://127.0.0.1:{port}{files["served"]}", "auto");
        }
        finally
        {
            diod.Kill();
            diod.WaitForExit();
        }
    }

    [Fact]
    public void A_tree_is_listed_read_and_described()
    {
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["served/sub"]);
        File.WriteAllText(files["served/a b%?"], "contents\n");
        File.WriteAllText(files["served/sub/x"], "deep\n");
        File.CreateSymbolicLink(files["served/link"], "sub/x");
        using var daemon = Serve(files["served"], "auto", files["control.sock"]);
        var root = $"9p://127.0.0.1:{daemon.Port("9p")}{files["served"]}";
        Assert.Equal("a b%?\nlink\nsub\n", Pentode("files", "ls", root));
        var table = Pentode("files", "ls", "-l", root);
        Assert.Contains("link -> sub/x", table, StringComparison.Ordinal);
        Assert.Contains(".:\na b%?\nlink\nsub\n\nsub:\nx\n", Pentode("files", "ls", "-R", root), StringComparison.Ordinal);
        Assert.Contains("\"path\": \"sub/x\"", Pentode("files", "ls", "-R", "--json", root), StringComparison.Ordinal);
        Assert.Equal("contents\ndeep\n", Pentode("files", "cat", root + "/a b%25%3F", root + "/link"));
        Assert.Contains("\"size_bytes\": 9", Pentode("files", "stat", "--json", root + "/a b%25%3F"), StringComparison.Ordinal);
        Assert.Contains("symbolic link", Pentode("files", "stat", root + "/link"), StringComparison.Ordinal);
        Assert.Equal("deep\n", Pentode("files", "cat", $"9p://127.0.0.1:{daemon.Port("9p")}/x?aname={files["served/sub"]}"));
        var missing = Tool.Run(20, PentodeProcess.Binary, "files", "cat", root + "/none");
        Assert.Equal(1, missing.Status);
        Assert.Contains("/none: no such file or directory (ENOENT)", missing.Error, StringComparison.Ordinal);
        Assert.Equal(2, Tool.Run(20, PentodeProcess.Binary, "files", "cat", "9p://h:x/").Status);
        Assert.Equal(2, Tool.Run(20, PentodeProcess.Binary, "files", "cp", "/a", "/b").Status);
    }

    [Fact]
    public void A_file_that_fails_is_named_and_the_others_are_copied()
    {
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["served/d"]);
        File.WriteAllText(files["served/a"], "a");
        File.WriteAllText(files["served/d/b"], "b");
        File.WriteAllText(files["served/z"], "z");
        using var daemon = Serve(files["served"], "auto", files["control.sock"]);
        var root = $"9p://127.0.0.1:{daemon.Port("9p")}{files["served"]}";

        // A directory in the place of a file, and a link that must not be written through.
        Directory.CreateDirectory(files["out/served/a"]);
        File.WriteAllText(files["outside"], "untouched");
        File.CreateSymbolicLink(files["out/served/z"], files["outside"]);
        var result = Tool.Run(20, PentodeProcess.Binary, "files", "cp", "-r", root, files["out"]);
        Assert.Equal(1, result.Status);
        Assert.Contains("/a: is a directory (EISDIR)", result.Error, StringComparison.Ordinal);
        Assert.Equal("b", File.ReadAllText(files["out/served/d/b"]));
        Assert.Equal("z", File.ReadAllText(files["out/served/z"]));
        Assert.Equal("untouched", File.ReadAllText(files["outside"]));
        Assert.Contains("copy it with -r", Tool.Run(20, PentodeProcess.Binary, "files", "cp", root, files["out"]).Error, StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run(20, PentodeProcess.Binary, "files", "cp", "--fsync", files["outside"], root + "/new name").Status);
        Assert.Equal("untouched", File.ReadAllText(files["served/new name"]));
    }

    private static void CopyBothWays(TemporaryDirectory files, string root, string engine)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Tool.Ok(300, PentodeProcess.Binary, "files", "cp", "-r", files["tree"], root + "/up", "--engine", engine);
        var up = watch.Elapsed;
        watch.Restart();
        Tool.Ok(300, PentodeProcess.Binary, "files", "cp", "-r", root + "/up", files["back"], "--engine", engine);
        TestContext.Current.TestOutputHelper?.WriteLine($"{engine}: out in {up.TotalSeconds:F2} s, back in {watch.Elapsed.TotalSeconds:F2} s");
        var expected = Describe(files["tree"]);
        Assert.Equal(expected, Describe(files["served/up"]));
        Assert.Equal(expected, Describe(files["back"]));
    }

    private static PentodeProcess Serve(string directory, string engine, string control) =>
        PentodeProcess.Start("files", "serve", directory, "--listen", "127.0.0.1:0", "--engine", engine, "--control", control);

    private static string Pentode(params string[] arguments) => Tool.Ok(30, PentodeProcess.Binary, arguments);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Answers(int port)
    {
        for (var i = 0; i < 200; i++)
        {
            try
            {
                using var probe = new TcpClient("127.0.0.1", port);
                return true;
            }
            catch (SocketException)
            {
                Thread.Sleep(50);
            }
        }

        return false;
    }

    /// <summary>Files of all sizes, empty ones, links, deep directories and odd names.</summary>
    private static void MakeTree(string root, int count)
    {
        var random = new Random(3);
        int[] sizes = [0, 0, 1, 100, 1000, 4095, 4096, 4097, 10_000];
        for (var i = 0; i < count; i++)
        {
            var directory = Path.Combine(root, $"d{i % 97}", i % 3 == 0 ? "sub" : ".");
            Directory.CreateDirectory(directory);
            var data = new byte[i % 1000 == 5 ? 1_500_000 : sizes[random.Next(sizes.Length)]];
            random.NextBytes(data);
            var path = Path.Combine(directory, i % 50 == 7 ? $"odd \"name\" \n ä {i}" : $"f{i}");
            File.WriteAllBytes(path, data);
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddSeconds(1_000_000_000 + i));
            File.SetUnixFileMode(path, i % 2 == 0 ? (UnixFileMode)0x1A4 : (UnixFileMode)0x1C0);
            if (i % 100 == 0)
                File.CreateSymbolicLink(path + ".link", i % 200 == 0 ? "/etc/passwd" : $"f{i}");
        }

        var deep = Path.Combine(root, string.Join('/', Enumerable.Range(0, 40).Select(i => $"level{i}")));
        Directory.CreateDirectory(deep);
        File.WriteAllText(Path.Combine(deep, new string('n', 255)), "deep");
        Directory.CreateDirectory(Path.Combine(root, "empty"));
        File.SetUnixFileMode(Path.Combine(root, "empty"), (UnixFileMode)0x1ED);
    }

    private static string[] Describe(string root) => [.. new DirectoryInfo(root).EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        .Select(info => Describe(root, info)).Order(StringComparer.Ordinal)];

    private static string Describe(string root, FileSystemInfo info)
    {
        var name = Path.GetRelativePath(root, info.FullName);
        return info switch
        {
            { LinkTarget: { } target } => $"{name} -> {target}",
            DirectoryInfo => $"{name}/ {info.UnixFileMode}",
            _ => $"{name} {info.UnixFileMode} {info.LastWriteTimeUtc.Ticks} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(info.FullName)))}",
        };
    }
}

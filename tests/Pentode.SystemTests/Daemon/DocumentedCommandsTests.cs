using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Daemon;

/// <summary>
/// Runs the commands of the README and the users' documents as they are printed there: every block of shell after a line
/// <c>&lt;!-- run --&gt;</c>, in a fresh directory with <c>pentode</c> on the PATH. Only the well-known ports are replaced by free ones, and a
/// command that ends with &amp; is awaited until it is ready.
/// </summary>
public sealed class DocumentedCommandsTests
{
    public static TheoryData<string, int, string> Blocks()
    {
        var data = new TheoryData<string, int, string>();
        foreach (var file in Directory.GetFiles(Path.Combine(Root(), "docs", "users")).Append(Path.Combine(Root(), "README.md")).Order())
        {
            var number = 0;
            foreach (var block in Regex.Matches(File.ReadAllText(file), "^<!-- run -->\n```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline).Cast<Match>())
                data.Add(Path.GetRelativePath(Root(), file), ++number, block.Groups[1].Value);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void RunAsPrinted(string file, int number, string commands)
    {
        foreach (var tool in new[] { "nbdinfo", "nbdcopy", "diodls", "diodcat", "qemu-img" }.Where(t => commands.Contains(t, StringComparison.Ordinal)))
            Tool.Require(tool);
        using var files = new TemporaryDirectory();
        File.CreateSymbolicLink(files["pentode"], PentodeProcess.Binary);
        foreach (var port in new[] { "10809", "5640" })
            commands = commands.Replace(port, FreePort(), StringComparison.Ordinal);
        commands = Regex.Replace(commands, "^(pentode .*)&$", "$1 >ready.log 2>&1 & until grep -qx ready ready.log || ! kill -0 $!; do sleep 0.1; done; cat ready.log", RegexOptions.Multiline);
        var script = $"set -eu; cd {files.Path}; export PATH={files.Path}:$PATH HOME={files.Path} XDG_RUNTIME_DIR={files.Path}; touch ready.log\n" +
            $"trap 'status=$?; kill $(jobs -p) 2>/dev/null; wait; exit $status' EXIT\n{commands}\n";
        var result = Tool.Run(120, "bash", "-c", script);
        Assert.True(result.Status == 0, $"{file}, block {number}: exit {result.Status}\n{script}\n{result.Output}\n{result.Error}");
    }

    private static string FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Root([CallerFilePath] string here = "")
    {
        var directory = Path.GetDirectoryName(here)!;
        while (!File.Exists(Path.Combine(directory, "Pentode.slnx")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("no Pentode.slnx above the tests");
        return directory;
    }
}

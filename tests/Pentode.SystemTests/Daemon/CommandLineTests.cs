using System.Text.Json;
using System.Text.RegularExpressions;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Daemon;

/// <summary>Help, version, configuration check.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public void VersionIsOneLine() => Assert.Matches(@"^pentode \d+\.\d+\.\d+\n$", Tool.Ok(60, PentodeProcess.Binary, "--version"));

    [Theory]
    [InlineData("")]
    [InlineData("serve")]
    [InlineData("check")]
    [InlineData("status")]
    [InlineData("files")]
    [InlineData("files serve")]
    [InlineData("blocks")]
    [InlineData("blocks serve")]
    public void EveryCommandHasHelp(string command)
    {
        string[] words = [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"];
        var help = Tool.Ok(60, PentodeProcess.Binary, words);
        Assert.Contains("Usage:", help, StringComparison.Ordinal);
        Assert.Contains("--log-level <LEVEL>", help, StringComparison.Ordinal);

        // Every option and argument is explained: its line has two columns.
        foreach (var line in help.Split('\n').Where(l => l.StartsWith("  -", StringComparison.Ordinal)))
            Assert.Matches(@"^  -.*\S {2,}\S", line);
        if (command.EndsWith("serve", StringComparison.Ordinal) || command is "check" or "status")
            Assert.Contains($"Examples:\n  pentode {command} ", help.Replace("pentode status\n", "pentode status \n", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void CommandsWithoutWordsSayWhatIsMissing()
    {
        Assert.Contains("Usage:", Tool.Ok(60, PentodeProcess.Binary), StringComparison.Ordinal);
        var result = Tool.Run(60, PentodeProcess.Binary, "files");
        Assert.Equal(2, result.Status);
        Assert.Matches("^pentode: files: a command is missing: .*serve.*\n$", result.Error);
    }

    [Fact]
    public void CheckListsEveryErrorWithItsPlace()
    {
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["p.yaml"], "blocks:\n  exports:\n    - {path: /d, nmae: x}\nlimits: {connections: many}\n");
        var result = Tool.Run(60, PentodeProcess.Binary, "check", files["p.yaml"]);
        Assert.Equal(3, result.Status);
        Assert.Equal(
            $"{files["p.yaml"]}:3:18: unknown key 'nmae' in this export; did you mean 'name'?\n" +
            $"{files["p.yaml"]}:4:23: 'connections' must be a whole number from 1 to 1000000\n",
            result.Error);
        File.WriteAllText(files["p.yaml"], "blocks: {exports: [{path: /d}]}\n");
        Assert.Equal($"{files["p.yaml"]}: ok\n  blocks: 1 export\n", Tool.Ok(60, PentodeProcess.Binary, "check", files["p.yaml"]));
    }

    [Fact]
    public void CheckNamesEveryServiceInWordsAndInJson()
    {
        using var files = new TemporaryDirectory();
        File.WriteAllText(files["p.yaml"], """
            files: {exports: [{path: /a}, {path: /b}]}
            blocks: {exports: [{path: /d}]}
            nfs: {listen: 127.0.0.1:12049}
            rings: {socket: /run/r.sock}
            """);
        Assert.Equal(
            $"{files["p.yaml"]}: ok\n  files: 2 exports\n  blocks: 1 export\n  rings: socket /run/r.sock\n  nfs: every export of files\n",
            Tool.Ok(60, PentodeProcess.Binary, "check", files["p.yaml"]));
        using var good = JsonDocument.Parse(Tool.Ok(60, PentodeProcess.Binary, "check", "--json", files["p.yaml"]));
        Assert.Empty(good.RootElement.GetProperty("errors").EnumerateArray());
        Assert.Equal(["files", "blocks", "rings", "nfs"], good.RootElement.GetProperty("services").EnumerateArray().Select(s => s.GetProperty("service").GetString()));

        File.WriteAllText(files["p.yaml"], "limits: {connections: many}\n");
        var result = Tool.Run(60, PentodeProcess.Binary, "check", "--json", files["p.yaml"]);
        Assert.Equal(3, result.Status);
        using var bad = JsonDocument.Parse(result.Output);
        var error = Assert.Single(bad.RootElement.GetProperty("errors").EnumerateArray());
        Assert.Equal((1, 23), (error.GetProperty("line").GetInt32(), error.GetProperty("column").GetInt32()));
        Assert.Empty(bad.RootElement.GetProperty("services").EnumerateArray());
    }
}

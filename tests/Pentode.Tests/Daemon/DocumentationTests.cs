using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Pentode.Daemon.Configuration;

namespace Pentode.Tests.Daemon;

/// <summary>What the documentation says about configuration files is what the reader takes.</summary>
public sealed class DocumentationTests
{
    private static readonly string s_docs = Path.Combine(Root(), "docs");

    /// <summary>Sections and a configuration that has one unknown key in it, whose message lists the known ones.</summary>
    public static TheoryData<string, string> Sections() => new()
    {
        { "", "zzzzzzzzzzzzzzzz: 1" },
        { "files.", "files: {zzzzzzzzzzzzzzzz: 1}" },
        { "files.listen[].", "files: {listen: [{zzzzzzzzzzzzzzzz: 1}]}" },
        { "blocks.listen[].", "blocks: {listen: [{zzzzzzzzzzzzzzzz: 1}]}" },
        { "files.exports[].", "files: {exports: [{zzzzzzzzzzzzzzzz: 1}]}" },
        { "blocks.", "blocks: {zzzzzzzzzzzzzzzz: 1}" },
        { "blocks.exports[].", "blocks: {exports: [{zzzzzzzzzzzzzzzz: 1}]}" },
        { "names.", "names: {zzzzzzzzzzzzzzzz: 1}" },
        { "names.exports[].", "names: {exports: [{zzzzzzzzzzzzzzzz: 1}]}" },
        { "nfs.", "nfs: {zzzzzzzzzzzzzzzz: 1}" },
        { "nfs.exports[].", "nfs: {exports: [{zzzzzzzzzzzzzzzz: 1}]}" },
        { "locks.", "locks: {zzzzzzzzzzzzzzzz: 1}" },
        { "locks.etcd.", "locks: {etcd: {zzzzzzzzzzzzzzzz: 1}}" },
        { "locks.postgres.", "locks: {postgres: {zzzzzzzzzzzzzzzz: 1}}" },
        { "locks.mounts[].", "locks: {mounts: [{zzzzzzzzzzzzzzzz: 1}]}" },
        { "locks.domains[].", "locks: {domains: [{zzzzzzzzzzzzzzzz: 1}]}" },
        { "mounts[].", "mounts: [{zzzzzzzzzzzzzzzz: 1}]" },
        { "limits.", "limits: {zzzzzzzzzzzzzzzz: 1}" },
        { "engine.", "engine: {zzzzzzzzzzzzzzzz: 1}" },
        { "log.", "log: {zzzzzzzzzzzzzzzz: 1}" },
        { "control.", "control: {zzzzzzzzzzzzzzzz: 1}" },
    };

    /// <summary>Every example of a configuration file.</summary>
    public static TheoryData<string, string> Examples()
    {
        var data = new TheoryData<string, string>();
        foreach (var file in Directory.GetFiles(s_docs, "*.md", SearchOption.AllDirectories).Append(Path.Combine(Root(), "README.md")))
        {
            foreach (var block in Regex.Matches(File.ReadAllText(file), "^```yaml\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline).Cast<Match>())
                data.Add(Path.GetRelativePath(s_docs, file), block.Groups[1].Value);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public void EveryKeyIsInTheReference(string section, string text)
    {
        var errors = new List<ConfigurationError>();
        ConfigurationReader.Parse(text, "p", errors);
        var known = errors.Select(e => Regex.Match(e.Message, "known are (.*)$")).First(m => m.Success).Groups[1].Value.Split(", ");
        var reference = File.ReadAllText(Path.Combine(s_docs, "reference", "configuration.md"));
        Assert.All(known, key => Assert.Contains($"`{section}{key}`", reference, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void EveryExampleLoads(string file, string text)
    {
        var errors = new List<ConfigurationError>();
        ConfigurationReader.Parse(text, file, errors);
        Assert.Empty(errors);
    }

    [Fact]
    public void EveryExitCodeIsInTheReference()
    {
        var reference = File.ReadAllText(Path.Combine(s_docs, "reference", "exit-codes.md"));
        foreach (var field in typeof(Pentode.Daemon.Services.ExitCode).GetFields())
            Assert.Contains($"\n| {field.GetRawConstantValue()} |", reference, StringComparison.Ordinal);
    }

    [Fact]
    public void LinksLeadSomewhere()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(s_docs, "users")).Concat(Directory.GetFiles(Path.Combine(s_docs, "reference"))))
        {
            foreach (var link in Regex.Matches(File.ReadAllText(file), @"\]\(([^)#:]+)(#[^)]*)?\)").Cast<Match>())
                Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, link.Groups[1].Value)), $"{file}: {link.Groups[1].Value}");
        }
    }

    private static string Root([CallerFilePath] string here = "")
    {
        var directory = Path.GetDirectoryName(here)!;
        while (!File.Exists(Path.Combine(directory, "Pentode.slnx")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("no Pentode.slnx above the tests");
        return directory;
    }
}

using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Pentode.Tests.Architecture;

/// <summary>Holds the picture of docs/design/architecture.md against the project files and the usings.</summary>
public sealed partial class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Core"] = [],
        ["Linux"] = ["Core"],
        ["Uring"] = ["Core", "Linux"],
        ["Files"] = ["Core", "Linux", "Uring"],
        ["Blocks"] = ["Core", "Linux", "Uring"],
        ["NineP"] = ["Core", "Uring", "Files", "Linux"],
        ["Nbd"] = ["Core", "Linux", "Uring", "Blocks"],
        ["Rings"] = ["Core", "Linux", "Uring"],
        ["Nfs"] = ["Core", "Linux", "Uring", "Files"],
        ["Fuse"] = ["Core", "Linux", "Uring", "Files"],
        ["Sqlite"] = ["Core", "Linux"],
        ["Locks"] = ["Core", "Linux", "Files", "Sqlite"],
        ["Names"] = ["Core", "Linux", "Files", "Sqlite"],
        ["Daemon"] = ["Core", "Linux", "Uring", "Files", "Blocks", "NineP", "Nbd", "Nfs", "Fuse", "Sqlite", "Locks", "Names", "Rings"],
        ["Cli"] = ["Core", "Linux", "Uring", "Files", "Blocks", "NineP", "Nbd", "Nfs", "Fuse", "Sqlite", "Locks", "Names", "Rings", "Daemon"],
    };

    public static TheoryData<string> Projects()
    {
        var data = new TheoryData<string>();
        foreach (var directory in Directory.GetDirectories(Path.Combine(Root(), "src")))
            data.Add(Path.GetFileName(directory));
        return data;
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_design_allows(string project)
    {
        var allowed = AllowedFor(project);
        var file = XDocument.Load(Path.Combine(Root(), "src", project, project + ".csproj"));
        foreach (var reference in file.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)))
            Assert.True(allowed.Contains(reference, StringComparer.Ordinal), $"{project} must not reference {reference}");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_source_file_uses_only_what_the_design_allows(string project)
    {
        var allowed = AllowedFor(project);
        foreach (var (path, text) in Sources(project))
        {
            foreach (Match match in UsingLine().Matches(text))
            {
                var used = "Pentode." + match.Groups[1].Value;
                Assert.True(used == project || allowed.Contains(used, StringComparer.Ordinal), $"{path}: must not use {used}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Native_imports_and_the_console_stay_in_their_places(string project)
    {
        foreach (var (path, text) in Sources(project))
        {
            Assert.False(project != "Pentode.Linux" && NativeImport().IsMatch(text), $"{path}: native imports belong in Pentode.Linux");
            Assert.False(project != "Pentode.Cli" && ConsoleUse().IsMatch(text), $"{path}: only Pentode.Cli writes to the console");
            var isWire = path.Contains("/Wire/", StringComparison.Ordinal);
            Assert.False(isWire && WireForbidden().IsMatch(text), $"{path}: Wire folders do no I/O and know no Task");
            var name = Path.GetFileNameWithoutExtension(path).Split('.')[0];
            var types = TopLevelType().Matches(text).Select(m => m.Groups[1].Value).ToArray();
            Assert.True(types.All(t => t == name) && types.Length <= 1, $"{path}: one type per file, named after it ({string.Join(", ", types)})");
            var lines = text.Count(c => c == '\n');
            Assert.True(lines <= 800, $"{path}: {lines} lines; 800 is the most");
        }
    }

    private static string[] AllowedFor(string project) =>
        s_allowed.TryGetValue(project["Pentode.".Length..], out var names)
            ? names.Select(n => "Pentode." + n).ToArray()
            : throw new InvalidOperationException($"{project} is not in the table of the design");

    private static IEnumerable<(string Path, string Text)> Sources(string project) =>
        Directory.EnumerateFiles(Path.Combine(Root(), "src", project), "*.cs", SearchOption.AllDirectories)
            .Select(path => (path, File.ReadAllText(path)));

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Pentode.slnx")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("no Pentode.slnx above the tests");
        return directory;
    }

    [GeneratedRegex(@"^using (?:static )?Pentode\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^(?:(?:public|internal|file|sealed|static|abstract|readonly|partial|unsafe|ref|record) )*(?:class|struct|interface|enum|record|record struct|record class) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\(")]
    private static partial Regex NativeImport();

    [GeneratedRegex(@"\bConsole\.(Write|Read|Error|Out|In|Open)")]
    private static partial Regex ConsoleUse();

    [GeneratedRegex(@"^using System\.(IO|Net|Threading)|\bTask<|\bValueTask\b", RegexOptions.Multiline)]
    private static partial Regex WireForbidden();
}

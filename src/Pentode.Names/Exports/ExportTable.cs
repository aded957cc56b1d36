using System.Net;

namespace Pentode.Names.Exports;

/// <summary>
/// The export files of a namespace as one table. The file of the exact address counts alone, else that of the longest netmask that matches;
/// an empty file denies everything, and so does the absence of any. Immutable.
/// </summary>
public sealed class ExportTable
{
    /// <summary>Most files of a table.</summary>
    public const int MaximumFiles = 4096;

    private readonly (HostPattern Pattern, IReadOnlyList<ExportLine> Lines)[] _files;
    private readonly HostPattern[] _trusted;

    private ExportTable((HostPattern Pattern, IReadOnlyList<ExportLine> Lines)[] files, HostPattern[] trusted)
    {
        _files = files;
        _trusted = trusted;
    }

    /// <summary>Denies everything to everybody.</summary>
    public static ExportTable Empty { get; } = new([], []);

    /// <summary>All lines, of whatever host.</summary>
    public IEnumerable<ExportLine> Lines => _files.SelectMany(f => f.Lines);

    /// <summary>
    /// Builds a table from the files of the directory and those of its <c>trusted</c>. Null when there is a problem anywhere: a table is taken
    /// as a whole. What editors leave behind (names that begin with a dot or end with ~) is passed over.
    /// </summary>
    public static ExportTable? Build(IReadOnlyList<(string Name, byte[] Content)> files, IReadOnlyList<(string Name, byte[] Content)> trusted, List<string> problems)
    {
        if (files.Count + trusted.Count > MaximumFiles)
        {
            problems.Add($"there are more than {MaximumFiles} files");
            return null;
        }

        var before = problems.Count;
        var entries = new List<(HostPattern Pattern, IReadOnlyList<ExportLine> Lines)>();
        foreach (var (name, content) in files.Where(f => !IsLeftover(f.Name)))
        {
            if (HostPattern.TryParse(name, out var pattern, out var problem))
                entries.Add((pattern!, ExportLineParser.Parse(name, content, problems)));
            else
                problems.Add($"{name}:1: the name of the file is {problem}");
        }

        var trust = new List<HostPattern>();
        foreach (var (name, content) in trusted.Where(f => !IsLeftover(f.Name)))
        {
            if (!HostPattern.TryParse(name, out var pattern, out var problem))
                problems.Add($"trusted/{name}:1: the name of the file is {problem}");
            else if (!content.AsSpan().Trim(" \t\r\n"u8).SequenceEqual("15"u8))
                problems.Add($"trusted/{name}:1: the content must be 15; other values were never documented");
            else
                trust.Add(pattern!);
        }

        if (problems.Count > before)
            return null;
        return new ExportTable([.. entries.OrderByDescending(e => e.Pattern.IsHost).ThenByDescending(e => e.Pattern.PrefixLength)], [.. trust]);
    }

    /// <summary>What the host at an address may mount.</summary>
    public IReadOnlyList<ExportLine> For(IPAddress client)
    {
        foreach (var (pattern, lines) in _files)
        {
            if (pattern.Matches(client))
                return lines;
        }

        return [];
    }

    /// <summary>True when root of that host is root here too.</summary>
    public bool IsTrusted(IPAddress client) => Array.Exists(_trusted, t => t.Matches(client));

    /// <summary>Names of the files that have a mount point.</summary>
    public IReadOnlyList<string> HostsOf(string mountPoint) => [.. _files.Where(f => f.Lines.Any(l => l.MountPoint == mountPoint)).Select(f => f.Pattern.Name)];

    private static bool IsLeftover(string name) => name.StartsWith('.') || name.EndsWith('~');
}

using System.Text;

namespace Pentode.Names.Exports;

/// <summary>
/// Reads the lines of one export file: <c>MOUNTPOINT PATH IO OPTIONS</c>, blank separated; what follows # is a comment. Pure. The path is one
/// of pnfs, <c>/0/root/fs/…</c>, whose root is that of the namespace, or simply a path of the namespace. IO is 30 (or <c>meta</c>) or 0 (or
/// <c>full</c>); others were never documented and are refused. OPTIONS is <c>nooptions</c> or words of exports(5), by commas, and may be left out.
/// </summary>
public static class ExportLineParser
{
    /// <summary>Longest file that is read.</summary>
    public const int MaximumBytes = 1 << 16;

    private const string PnfsRoot = "/0/root/fs";
    private static readonly string[] s_blanks = [" ", "\t", "\r"];

    /// <summary>Lines of a file; each problem is one text <c>file:line: message</c>.</summary>
    public static IReadOnlyList<ExportLine> Parse(string file, ReadOnlySpan<byte> content, List<string> problems)
    {
        if (content.Length > MaximumBytes)
        {
            problems.Add($"{file}:1: the file is longer than {MaximumBytes} bytes");
            return [];
        }

        var lines = new List<ExportLine>();
        var number = 0;
        foreach (var text in Encoding.UTF8.GetString(content).Split('\n'))
        {
            number++;
            var fields = text.Split('#', 2)[0].Split(s_blanks, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0)
                continue;
            if (ParseLine(fields, out var problem) is not { } line)
                problems.Add($"{file}:{number}: {problem}");
            else if (lines.Exists(l => l.MountPoint == line.MountPoint))
                problems.Add($"{file}:{number}: '{line.MountPoint}' is listed twice");
            else
                lines.Add(line);
        }

        return lines;
    }

    private static ExportLine? ParseLine(string[] fields, out string problem)
    {
        if (fields.Length is < 3 or > 4)
        {
            problem = $"a line is 'MOUNTPOINT PATH IO OPTIONS', this one has {fields.Length} fields";
            return null;
        }

        if (Normalise(fields[0]) is not { } mountPoint)
        {
            problem = $"the mount point must be an absolute path without '.' and '..', not '{fields[0]}'";
            return null;
        }

        if (NamespacePath(fields[1], out problem) is not { } path)
            return null;
        IoMode? io = fields[2] switch { "30" or "meta" => IoMode.Meta, "0" or "full" => IoMode.Full, _ => null };
        if (io is null)
        {
            problem = $"the I/O field must be 30 (only files enabled for I/O) or 0 (all files), not '{fields[2]}'";
            return null;
        }

        var line = new ExportLine(mountPoint, path, io.Value, ReadOnly: false, ExportSquash.Default, NeedsPrivilegedPort: false);
        foreach (var option in fields.Length == 4 ? fields[3].Split(',') : [])
        {
            switch (option)
            {
                case "nooptions" or "rw" or "insecure":
                    break;
                case "ro":
                    line = line with { ReadOnly = true };
                    break;
                case "secure":
                    line = line with { NeedsPrivilegedPort = true };
                    break;
                case "root_squash":
                    line = line with { Squash = ExportSquash.Root };
                    break;
                case "no_root_squash":
                    line = line with { Squash = ExportSquash.None };
                    break;
                case "all_squash":
                    line = line with { Squash = ExportSquash.All };
                    break;
                default:
                    problem = $"unknown option '{option}'; known are nooptions, ro, rw, secure, insecure, root_squash, no_root_squash, all_squash";
                    return null;
            }
        }

        return line;
    }

    private static string? NamespacePath(string text, out string problem)
    {
        problem = $"the path must be absolute and without '.' and '..', not '{text}'";
        if (Normalise(text) is not { } path)
            return null;
        if (path.Length < 2 || !char.IsAsciiDigit(path[1]))
            return path;

        // The number of a database comes first; there is one.
        if (path == PnfsRoot)
            return "/";
        if (path.StartsWith(PnfsRoot + "/", StringComparison.Ordinal))
            return path[PnfsRoot.Length..];
        problem = $"a path of pnfs begins with {PnfsRoot} (the only database is 0), this one is '{text}'";
        return null;
    }

    private static string? Normalise(string path)
    {
        if (!path.StartsWith('/'))
            return null;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Any(p => p is "." or "..") ? null : "/" + string.Join('/', parts);
    }
}

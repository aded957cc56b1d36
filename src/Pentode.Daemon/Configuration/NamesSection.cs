using Pentode.Names.Exports;
using Pentode.Names.Tree;

namespace Pentode.Daemon.Configuration;

/// <summary>Reads the <c>names:</c> section.</summary>
internal static class NamesSection
{
    private const int LongestTag = 1 << 20;
    private const long LargestInline = 1L << 30;

    public static NamesConfiguration Read(ConfigurationSection section)
    {
        var defaults = new NamesConfiguration();
        var path = section.Text("path");
        var postgres = section.Text("postgres");
        var durability = section.Choice("durability", "full", "full", "relaxed");
        var result = new NamesConfiguration
        {
            Path = path,
            Postgres = postgres,
            PostgresWait = section.Duration("postgres_wait", defaults.PostgresWait),
            IsDurable = durability == "full",
            Grace = section.Duration("grace", defaults.Grace),
            InlineMaximum = section.Size("inline_max", defaults.InlineMaximum),
            TagMaximum = section.Number("tag_max", defaults.TagMaximum, 1, LongestTag),
            HostExports = section.Flag("host_exports", fallback: true),
            Exports = ReadExports(section),
        };
        section.Finish();
        if (path is null == postgres is null)
            section.RefuseKey("path", path is null ? "'names' needs 'path', a file for SQLite, or 'postgres', a connection string" : "give either 'path' or 'postgres', not both");
        else if (path is not null && !path.StartsWith('/'))
            section.RefuseKey("path", $"'path' must be absolute, not '{path}'");
        if (result.InlineMaximum > LargestInline)
            section.RefuseKey("inline_max", "'inline_max' is at most 1GiB");
        if (result.Exports.Count == 0)
            section.RefuseKey("exports", "'names' needs at least one export");
        return result;
    }

    private static List<NamesExportConfiguration> ReadExports(ConfigurationSection section)
    {
        var exports = new List<NamesExportConfiguration>();
        foreach (var node in section.List("exports") ?? [])
        {
            var item = section.Item(node, "this export");
            var path = item.Text("path", "/")!;
            var export = new NamesExportConfiguration
            {
                Name = item.Text("name") ?? "",
                Path = path,
                Io = item.Choice("io", "meta", "meta", "full", "30", "0") is "full" or "0" ? IoMode.Full : IoMode.Meta,
                ReadOnly = item.Flag("read_only"),
                Squash = Enum.Parse<SquashKind>(item.Choice("squash", "none", "none", "root", "all"), ignoreCase: true),
                Magic = Enum.Parse<MagicMode>(item.Choice("magic", "on", "on", "off", "lax"), ignoreCase: true),
                OwnersSetIo = item.Choice("fset", "root", "root", "owner") == "owner",
            };
            item.Finish();
            if (export.Name.Length == 0)
                item.RefuseKey("name", "this export needs 'name'");
            else if (exports.Exists(e => e.Name == export.Name))
                item.RefuseKey("name", $"there is already an export named '{export.Name}'");
            if (!path.StartsWith('/') || path.Split('/').Any(p => p is "." or ".."))
                item.RefuseKey("path", $"'path' must be absolute within the namespace and without '.' and '..', not '{path}'");
            exports.Add(export);
        }

        return exports;
    }
}

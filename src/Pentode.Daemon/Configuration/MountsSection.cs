using Pentode.Fuse;
using YamlDotNet.RepresentationModel;

namespace Pentode.Daemon.Configuration;

/// <summary>Reads the <c>mounts:</c> list.</summary>
internal static class MountsSection
{
    public static List<MountConfiguration> Read(ConfigurationSection root, IReadOnlyList<YamlNode> nodes)
    {
        var mounts = new List<MountConfiguration>();
        foreach (var node in nodes)
        {
            var item = root.Item(node, "this mount");
            var defaults = new FuseOptions();
            var path = item.Text("path", "")!;
            var export = item.Text("export", "")!;
            var options = defaults with
            {
                ReadOnly = item.Flag("read_only"),
                AllowOther = item.Flag("allow_other", Environment.IsPrivilegedProcess),
                DefaultPermissions = item.Flag("default_permissions"),
                DirectIo = item.Flag("direct_io"),
                RemoteLocks = item.Choice("locks", "export", "export", "local") == "export",
                EntryTimeout = item.Duration("entry_timeout", defaults.EntryTimeout),
                NegativeTimeout = item.Duration("negative_timeout", defaults.NegativeTimeout),
                AttributeTimeout = item.Duration("attr_timeout", defaults.AttributeTimeout),
            };
            item.Finish();
            if (!path.StartsWith('/'))
                item.RefuseKey("path", path.Length == 0 ? "this mount needs 'path', a directory" : $"'path' must be absolute, not '{path}'");
            else if (mounts.Any(m => m.Path == path))
                item.RefuseKey("path", $"'{path}' is mounted twice");
            if (export.Length == 0)
                item.RefuseKey("export", "this mount needs 'export', the name of what it shows");
            mounts.Add(new MountConfiguration(path, export, options));
        }

        return mounts;
    }
}

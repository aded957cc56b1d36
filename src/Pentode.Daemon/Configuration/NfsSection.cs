using YamlDotNet.RepresentationModel;

namespace Pentode.Daemon.Configuration;

/// <summary>Reads the <c>nfs:</c> section.</summary>
internal static class NfsSection
{
    private const int TransferUnit = 4096;

    public static NfsConfiguration Read(ConfigurationSection section, IReadOnlyList<ListenerConfiguration>? listen)
    {
        var defaults = new NfsConfiguration();
        var portmap = section.Text("portmap");
        var transfer = section.Size("max_transfer", defaults.MaxTransfer);
        var result = defaults with
        {
            Listen = listen ?? defaults.Listen,
            Udp = section.Flag("udp"),
            Register = section.Flag("register"),
            AllowNoCredentials = section.Flag("no_credentials"),
            State = section.Text("state"),
            Exports = ReadExports(section),
        };
        section.Finish();
        if (result.Listen.Any(l => l.Address.UnixPath is not null))
            section.RefuseKey("listen", "NFS clients come over TCP: an address is HOST:PORT");
        if (result.State is { } state && !state.StartsWith('/'))
            section.RefuseKey("state", $"'state' must be absolute, not '{state}'");
        if (transfer is < TransferUnit or > NfsConfiguration.LargestTransfer || transfer % TransferUnit != 0)
            section.RefuseKey("max_transfer", "'max_transfer' must be a multiple of 4KiB from 4KiB to 4MiB");
        else
            result = result with { MaxTransfer = (int)transfer };
        if (portmap is null)
            return result;
        if (ListenAddress.TryParse(portmap, out var address, out var problem) && address.UnixPath is null)
            return result with { Portmap = address };
        section.RefuseKey("portmap", problem.Length > 0 ? problem : "'portmap' must be HOST:PORT");
        return result;
    }

    private static List<NfsExportConfiguration>? ReadExports(ConfigurationSection section)
    {
        if (section.List("exports") is not { } nodes)
            return null;
        var exports = new List<NfsExportConfiguration>();
        foreach (var node in nodes)
        {
            var item = section.Item(node, "this export");
            var export = new NfsExportConfiguration
            {
                Export = item.Text("export", "")!,
                Path = item.Text("path"),
                Hosts = ReadHosts(item),
                ReadOnly = item.Flag("read_only"),
                Squash = Enum.Parse<SquashKind>(item.Choice("squash", "root", "none", "root", "all"), ignoreCase: true),
                PrivilegedPort = item.Flag("privileged_port"),
            };
            item.Finish();
            if (export.Path is { } path && (!path.StartsWith('/') || path.Split('/').Any(p => p is "." or "..")))
                item.RefuseKey("path", $"'path' must be absolute and without '.' and '..', not '{path}'");
            if (export is { Export: "", Path: not null })
                item.RefuseKey("path", "'path' renames one export: say which with 'export'");
            exports.Add(export);
        }

        return exports;
    }

    private static List<HostRule> ReadHosts(ConfigurationSection item)
    {
        if (item.List("hosts", single: true) is not { } nodes)
            return [HostRule.Everybody];
        var hosts = new List<HostRule>();
        foreach (var node in nodes)
        {
            if (HostRule.TryParse((node as YamlScalarNode)?.Value ?? "", out var rule))
                hosts.Add(rule);
            else
                item.Refuse(node, $"'{(node as YamlScalarNode)?.Value}' is not a host: write an address, a network such as 192.168.0.0/16, localhost or *");
        }

        return hosts;
    }
}

using Pentode.Core.Diagnostics;
using Pentode.Locks;
using Pentode.Locks.Guards;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Pentode.Daemon.Configuration;

/// <summary>Reads <c>pentode.yaml</c>. Every error is reported, each with its position; a configuration with errors is not to be used.</summary>
public static class ConfigurationReader
{
    /// <summary>Reads a file; errors end up in <paramref name="errors"/>.</summary>
    public static DaemonConfiguration Read(string path, List<ConfigurationError> errors)
    {
        try
        {
            return Parse(System.IO.File.ReadAllText(path), path, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(new ConfigurationError(path, 0, 0, e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "no such file",
                UnauthorizedAccessException => "permission denied (or it is a directory)",
                _ => e.Message,
            }));
            return new DaemonConfiguration();
        }
    }

    /// <summary>Reads text; <paramref name="file"/> is used in errors only.</summary>
    public static DaemonConfiguration Parse(string text, string file, List<ConfigurationError> errors)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            errors.Add(new ConfigurationError(file, e.Start.Line, e.Start.Column, $"not valid YAML: {OneLine(e.Message)}"));
            return new DaemonConfiguration();
        }
        catch (ArgumentException e)
        {
            // The representation model refuses a duplicate key this way in some versions.
            errors.Add(new ConfigurationError(file, 0, 0, $"not valid YAML: {OneLine(e.Message)}"));
            return new DaemonConfiguration();
        }

        if (stream.Documents.Count == 0)
        {
            errors.Add(new ConfigurationError(file, 0, 0, "the file is empty: nothing to serve"));
            return new DaemonConfiguration();
        }

        if (stream.Documents.Count > 1)
        {
            var second = stream.Documents[1].RootNode.Start;
            errors.Add(new ConfigurationError(file, second.Line, second.Column, "only one YAML document is allowed"));
        }

        var root = new ConfigurationSection(file, "the configuration", stream.Documents[0].RootNode, errors);
        var configuration = new DaemonConfiguration
        {
            Files = root.Section("files") is { } files ? ReadFiles(files, mayBeEmpty: root.Has("names") || root.Has("locks")) : null,
            Blocks = root.Section("blocks") is { } blocks ? ReadBlocks(blocks) : null,
            Rings = root.Section("rings") is { } rings ? RingsSection.Read(rings) : null,
            Names = root.Section("names") is { } names ? NamesSection.Read(names) : null,
            Nfs = root.Section("nfs") is { } nfs ? NfsSection.Read(nfs, ReadListen(nfs, oldStyleExports: null)) : null,
            Locks = root.Section("locks") is { } locks ? LocksSection.Read(locks) : null,
            Mounts = root.List("mounts") is { } mounts ? MountsSection.Read(root, mounts) : [],
            Limits = root.Section("limits") is { } limits ? ReadLimits(limits) : new LimitsConfiguration(),
            Engine = root.Section("engine") is { } engine ? ReadEngine(engine) : new EngineConfiguration(),
            Log = root.Section("log") is { } log ? ReadLog(log) : new LogConfiguration(),
            ControlSocket = root.Section("control") is { } control ? ReadControl(control) : null,
        };
        root.Finish();
        if (errors.Count == 0 && configuration is { Files: null, Blocks: null, Rings: null, Names: null, Locks: null })
            errors.Add(new ConfigurationError(file, 0, 0, "nothing to serve: add a 'files:', a 'blocks:', a 'rings:', a 'names:' or a 'locks:' section"));
        return configuration;
    }

    private static FilesConfiguration ReadFiles(ConfigurationSection section, bool mayBeEmpty)
    {
        var result = new FilesConfiguration();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var exports = new List<TreeExportConfiguration>();
        if (ReadListen(section, oldStyleExports: null) is { } listen)
            result = result with { Listen = listen };
        foreach (var node in section.List("exports") ?? [])
        {
            var item = section.Item(node, "this export");
            var kind = item.Choice("kind", "host", [.. Modules.Trees.Select(m => m.Name)]);
            var path = item.Text("path", "")!;
            var name = item.Text("name") ?? path;
            var readOnly = item.Flag("read_only");
            var allowDevices = item.Flag("allow_devices");
            var checks = item.Choice("checks", "server", "server", "client");
            var squash = Enum.Parse<SquashKind>(item.Choice("squash", "none", "none", "root", "all"), ignoreCase: true);
            var guard = ReadLock(item);
            var clusterLocks = ReadClusterLocks(item);
            item.Finish();
            if (kind == "host" && path.Length == 0)
                item.RefuseKey("path", "this export needs 'path'");
            else if (kind == "host" && !path.StartsWith('/'))
                item.RefuseKey("path", $"'path' must be absolute, not '{path}'");
            if (kind != "host" && path.Length > 0)
                item.RefuseKey("path", $"an export of kind {kind} has no 'path'");
            if (name.Length == 0)
                item.RefuseKey("name", "this export needs 'name'");
            else if (!names.Add(name))
                item.RefuseKey("name", $"there is already an export named '{name}'");
            if (checks == "client" && squash != SquashKind.None)
                item.RefuseKey("squash", "'squash' has no effect with 'checks: client', which lets every user do what the client says: give one of the two");
            exports.Add(new TreeExportConfiguration
            {
                Name = name,
                Kind = kind,
                Path = path,
                ReadOnly = readOnly,
                AllowDevices = allowDevices,
                ClientChecks = checks == "client",
                Squash = squash,
                Lock = guard,
                ClusterLocks = clusterLocks,
            });
        }

        section.Finish();
        if (exports.Count == 0 && !mayBeEmpty)
            section.RefuseKey("exports", "'files' needs at least one export");
        return result with { Exports = exports };
    }

    private static BlocksConfiguration ReadBlocks(ConfigurationSection section)
    {
        var result = new BlocksConfiguration();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var exports = new List<BlockExportConfiguration>();
        foreach (var node in section.List("exports") ?? [])
        {
            var item = section.Item(node, "this export");
            var path = item.Text("path", "")!;
            var memory = item.Size("memory", 0);
            var name = item.Text("name") ?? "";
            var readOnly = item.Flag("read_only");
            var description = item.Text("description", "")!;
            var guard = ReadLock(item);
            item.Finish();
            if (item.Has("path") == item.Has("memory"))
                item.RefuseKey("memory", item.Has("path") ? "give either 'path' or 'memory', not both" : "this export needs 'path' or 'memory'");
            else if (item.Has("memory") && memory == 0)
                item.RefuseKey("memory", "'memory' must be a size of at least one byte, such as 64MiB");
            else if (item.Has("path") && !path.StartsWith('/'))
                item.RefuseKey("path", $"'path' must be absolute, not '{path}'");
            if (!names.Add(name))
                item.RefuseKey("name", $"there is already an export named '{name}'");
            if (System.Text.Encoding.UTF8.GetByteCount(name) > 4096)
                item.RefuseKey("name", "an export name has at most 4096 bytes");
            exports.Add(new BlockExportConfiguration
            {
                Name = name, Kind = memory > 0 ? "memory" : "file", Path = path, MemorySize = memory, ReadOnly = readOnly, Description = description, Lock = guard,
            });
        }

        if (ReadListen(section, names) is { } listen)
            result = result with { Listen = listen };
        section.Finish();
        if (exports.Count == 0)
            section.RefuseKey("exports", "'blocks' needs at least one export");
        return result with { Exports = exports };
    }

    private static string? ReadLock(ConfigurationSection export)
    {
        var text = export.Text("lock");
        if (text is not null && !LockName.TryParsePath(text, out _, out _))
            export.RefuseKey("lock", $"'lock' is DOMAIN/NAME, not '{text}'");
        return text;
    }

    private static string? ReadClusterLocks(ConfigurationSection export)
    {
        var text = export.Text("cluster_locks");
        if (text is null)
            return text;
        if (!LockName.TryParsePath(text, out _, out var prefix))
            export.RefuseKey("cluster_locks", $"'cluster_locks' is DOMAIN/PREFIX, not '{text}'");
        else if (prefix.Length > SharedFileLocks.MaxPrefixBytes || prefix.Bytes[0] == (byte)'$')
            export.RefuseKey("cluster_locks", $"the prefix of 'cluster_locks' has at most {SharedFileLocks.MaxPrefixBytes} bytes and does not begin with '$', unlike '{prefix}'");
        return text;
    }

    // An address, or a mapping with one; old_style where there are exports it can name.
    private static List<ListenerConfiguration>? ReadListen(ConfigurationSection section, HashSet<string>? oldStyleExports)
    {
        if (section.List("listen", single: true) is not { } nodes)
            return null;
        var listeners = new List<ListenerConfiguration>();
        foreach (var entry in nodes)
        {
            var node = entry;
            string? oldStyle = null;
            if (entry is YamlMappingNode)
            {
                var item = section.Item(entry, "this listener");
                node = item.Node("address");
                oldStyle = oldStyleExports is null ? null : item.Text("old_style");
                item.Finish();
                if (oldStyle is not null && !oldStyleExports!.Contains(oldStyle))
                    item.RefuseKey("old_style", $"'old_style' names no export: '{oldStyle}'{NearestName.Hint(oldStyle, oldStyleExports)}");
                if (node is null)
                {
                    section.Refuse(entry, "this listener needs 'address'");
                    continue;
                }
            }

            if (node is not YamlScalarNode { Value: { } text })
                section.Refuse(node, "an address is a text: HOST:PORT or unix:/path");
            else if (!ListenAddress.TryParse(text, out var address, out var problem))
                section.Refuse(node, problem);
            else if (address.Port != 0 && listeners.Any(l => l.Address == address))
                section.Refuse(node, $"'{text}' is listed twice");
            else
                listeners.Add(new ListenerConfiguration(address, oldStyle));
        }

        if (nodes.Count == 0)
            section.RefuseKey("listen", "'listen' needs at least one address");
        return listeners;
    }

    private static LimitsConfiguration ReadLimits(ConfigurationSection section)
    {
        var defaults = new LimitsConfiguration();
        var limits = new LimitsConfiguration
        {
            Connections = section.Number("connections", defaults.Connections, 1, 1_000_000),
            HandshakeTimeout = section.Duration("handshake_timeout", defaults.HandshakeTimeout),
            DrainTimeout = section.Duration("drain_timeout", defaults.DrainTimeout),
            BufferMemory = section.Size("buffer_memory", defaults.BufferMemory),
        };
        section.Finish();
        return limits;
    }

    private static EngineConfiguration ReadEngine(ConfigurationSection section)
    {
        var engine = new EngineConfiguration
        {
            Kind = section.Choice("kind", "auto", "auto", "ring", "portable"),
            Loops = section.Number("loops", 0, 0, 1024),
            Pin = section.Flag("pin"),
        };
        section.Finish();
        return engine;
    }

    private static LogConfiguration ReadLog(ConfigurationSection section)
    {
        var level = Enum.Parse<LogLevel>(section.Choice("level", "info", "debug", "info", "warning", "error", "none"), ignoreCase: true);
        var format = section.Choice("format", "text", "text", "json");
        var trace = section.Words("trace", LogConfiguration.Traceable);
        section.Finish();
        if (trace.Count > 0 && level > LogLevel.Info)
            section.RefuseKey("trace", "traces are lines of level info: set 'level' to info or debug");
        return new LogConfiguration { Level = level, IsJson = format == "json", Trace = trace };
    }

    private static string? ReadControl(ConfigurationSection section)
    {
        var socket = section.Text("socket");
        section.Finish();
        if (socket is { Length: > 0 } && !socket.StartsWith('/'))
            section.RefuseKey("socket", $"'socket' must be absolute, not '{socket}'");
        return socket;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}

using Pentode.Locks.Manager;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores.Etcd;
using Pentode.Locks.Stores.Postgres;
using YamlDotNet.RepresentationModel;

namespace Pentode.Daemon.Configuration;

/// <summary>Reads the <c>locks:</c> section.</summary>
internal static class LocksSection
{
    private const int LongestMs = int.MaxValue / 4;

    public static LocksConfiguration Read(ConfigurationSection section)
    {
        var defaults = new LocksConfiguration();
        var timing = new SessionTiming(
            Milliseconds(section, "heartbeat", defaults.Timing.HeartbeatMs), Milliseconds(section, "hold", defaults.Timing.HoldMs),
            Milliseconds(section, "dead", defaults.Timing.DeadMs));
        var store = section.Choice("store", "embedded", "embedded", "etcd", "postgres");
        var directory = section.Text("directory");
        var etcd = ReadEtcd(section);
        var postgres = ReadPostgres(section);
        var result = defaults with
        {
            Directory = directory ?? defaults.Directory,
            Etcd = store == "etcd" ? etcd : null,
            Postgres = store == "postgres" ? postgres : null,
            Cluster = section.Text("cluster", defaults.Cluster)!,
            Node = section.Text("node", defaults.Node)!,
            Address = section.Text("address", "")!,
            Timing = timing,
            KillGrace = section.Duration("kill_grace", defaults.KillGrace),
            KillsStalled = section.Flag("kill_stalled", defaults.KillsStalled),
            WaitTimeout = section.Has("wait_timeout") ? section.Duration("wait_timeout", TimeSpan.Zero) : null,
            IsCompatible = section.Flag("compatible"),
            Export = section.Text("export", LocksConfiguration.DefaultExport)!,
            Mounts = ReadMounts(section),
            Domains = ReadDomains(section),
        };
        section.Finish();
        if (timing.Problem() is { } problem)
            section.RefuseKey("dead", $"the times do not fit together: {problem.Replace("_ms", "", StringComparison.Ordinal)} (in milliseconds)");
        else if (result.KillGrace.TotalMilliseconds >= timing.HoldMs)
            section.RefuseKey("kill_grace", "'kill_grace' must be shorter than 'hold'");
        if (store == "etcd" && etcd is null)
            section.RefuseKey("store", "'store: etcd' needs 'etcd' with its endpoints");
        if (store == "postgres" && postgres is null)
            section.RefuseKey("store", "'store: postgres' needs 'postgres' with its connection");
        if (store != "embedded" && directory is not null)
            section.RefuseKey("directory", "'directory' is for 'store: embedded'");
        else if (directory is not null && !directory.StartsWith('/'))
            section.RefuseKey("directory", $"'directory' must be absolute, not '{directory}'");
        foreach (var key in (string[])["cluster", "node"])
        {
            var name = key == "node" ? result.Node : result.Cluster;
            if (name.Length is 0 or > 63 || name.Contains('/', StringComparison.Ordinal))
                section.RefuseKey(key, $"'{key}' must have 1 to 63 characters and no '/'");
        }

        return result;
    }

    private static EtcdOptions? ReadEtcd(ConfigurationSection parent)
    {
        if (parent.Section("etcd") is not { } section)
            return null;
        var endpoints = new List<Uri>();
        foreach (var node in section.List("endpoints", single: true) ?? [])
        {
            if (Uri.TryCreate((node as YamlScalarNode)?.Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
                endpoints.Add(uri);
            else
                section.Refuse(node, "an endpoint is a URL such as https://10.0.0.1:2379");
        }

        var defaults = new EtcdOptions { Endpoints = endpoints };
        var passwordFile = section.Text("password_file");
        var result = defaults with
        {
            User = section.Text("user", "")!,
            Password = passwordFile is null ? "" : ReadSecret(section, passwordFile),
            CallTimeoutMs = Milliseconds(section, "call_timeout", defaults.CallTimeoutMs),
            Tls = new EtcdTls
            {
                CaFile = section.Text("ca", "")!,
                CertificateFile = section.Text("certificate", "")!,
                KeyFile = section.Text("key", "")!,
                ServerName = section.Text("server_name", "")!,
            },
        };
        section.Finish();
        if (endpoints.Count == 0)
            section.RefuseKey("endpoints", "'etcd' needs 'endpoints', the client URLs of its members");
        return result;
    }

    private static PostgresOptions? ReadPostgres(ConfigurationSection parent)
    {
        if (parent.Section("postgres") is not { } section)
            return null;
        var defaults = new PostgresOptions { ConnectionString = section.Text("connection", "")! };
        var result = defaults with
        {
            Durability = section.Choice("durability", "local", "local", "cluster") == "cluster" ? PostgresDurability.Cluster : PostgresDurability.Local,
            CallTimeoutMs = Milliseconds(section, "call_timeout", defaults.CallTimeoutMs),
        };
        section.Finish();
        if (result.ConnectionString.Length == 0)
            section.RefuseKey("connection", "'postgres' needs 'connection', such as \"Host=db;Database=locks;Username=pentode\"");
        return result;
    }

    private static string ReadSecret(ConfigurationSection section, string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            section.RefuseKey("password_file", $"cannot read {path}: {e.Message}");
            return "";
        }
    }

    private static List<LocksMountConfiguration> ReadMounts(ConfigurationSection section)
    {
        var mounts = new List<LocksMountConfiguration>();
        foreach (var node in section.List("mounts", single: true) ?? [])
        {
            var item = node is YamlScalarNode ? null : section.Item(node, "this mount");
            var path = item is null ? (node as YamlScalarNode)!.Value ?? "" : item.Text("path", "")!;
            var actsAs = item?.Text("node");
            var allowOther = item?.Flag("allow_other", Environment.IsPrivilegedProcess) ?? Environment.IsPrivilegedProcess;
            item?.Finish();
            if (!path.StartsWith('/'))
                section.Refuse(node, path.Length == 0 ? "this mount needs 'path', a directory" : $"'path' must be absolute, not '{path}'");
            else if (mounts.Any(m => m.Path == path))
                section.Refuse(node, $"'{path}' is mounted twice");
            else
                mounts.Add(new LocksMountConfiguration(path, actsAs, allowOther));
        }

        return mounts;
    }

    private static List<LocksDomainConfiguration> ReadDomains(ConfigurationSection section)
    {
        var domains = new List<LocksDomainConfiguration>();
        foreach (var node in section.List("domains") ?? [])
        {
            var item = section.Item(node, "this domain");
            var defaults = new LockDomainOptions();
            var pattern = item.Text("name", "")!;
            var options = new LockDomainOptions(
                PersistValues: item.Flag("persist_values"),
                ZeroValueOnDeath: item.Flag("zero_value_on_death"),
                LongNames: item.Flag("long_names"),
                TryRecallMs: Milliseconds(item, "try_recall", defaults.TryRecallMs),
                MinHoldMs: Milliseconds(item, "min_hold", defaults.MinHoldMs),
                ExcludeLocally: item.Flag("local_exclusion"),
                WriteThrough: item.Flag("write_through"),
                Loss: Enum.Parse<LossPolicy>(item.Choice("on_loss", "none", "none", "signal", "kill", "watchdog", "reset"), ignoreCase: true),
                LossSignal: item.Number("loss_signal", defaults.LossSignal, 1, 64),
                DetectDeadlocks: item.Flag("detect_deadlocks", defaults.DetectDeadlocks));
            item.Finish();
            if (pattern.Length == 0)
                item.RefuseKey("name", "this domain needs 'name'; * stands for anything");
            domains.Add(new LocksDomainConfiguration(pattern, options));
        }

        return domains;
    }

    private static int Milliseconds(ConfigurationSection section, string key, int fallback)
    {
        var time = section.Duration(key, TimeSpan.FromMilliseconds(fallback)).TotalMilliseconds;
        if (time <= LongestMs)
            return (int)time;
        section.RefuseKey(key, $"'{key}' is too long");
        return fallback;
    }
}

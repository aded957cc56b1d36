using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Pentode.Daemon.Configuration;

/// <summary>Reads the <c>rings:</c> section.</summary>
internal static class RingsSection
{
    public static RingsConfiguration Read(ConfigurationSection section)
    {
        var socket = section.Text("socket", "")!;
        var defaults = new RingsConfiguration { Socket = socket };
        var jobId = section.Text("job_id");
        var result = defaults with
        {
            RingEntries = section.Number("ring_entries", defaults.RingEntries, 2, RingsConfiguration.MaximumEntries),
            MaxClients = section.Number("max_clients", defaults.MaxClients, 1, RingsConfiguration.MaximumClients),
            RegisteredFds = section.Number("registered_fds", defaults.RegisteredFds, 1, RingsConfiguration.MaximumFds),
            RegisteredBuffers = section.Number("registered_buffers", defaults.RegisteredBuffers, 1, RingsConfiguration.MaximumBuffers),
            PerClientCredits = section.Number("per_client_credits", defaults.PerClientCredits, 1, RingsConfiguration.MaximumEntries),
            IoBytesMax = section.Number("io_bytes_max", defaults.IoBytesMax, 1, RingsConfiguration.MaximumIoBytes),
            PerClientBytes = section.Size("per_client_bytes", defaults.PerClientBytes),
            PerUserClients = section.Number("per_user_clients", defaults.PerUserClients, 0, RingsConfiguration.MaximumClients),
            PerUserCredits = section.Number("per_user_credits", defaults.PerUserCredits, 0, RingsConfiguration.MaximumEntries),
            PerUserBytes = section.Size("per_user_bytes", defaults.PerUserBytes),
            PerUserFds = section.Number("per_user_fds", defaults.PerUserFds, 0, int.MaxValue),
            TaskTimeout = section.Duration("task_timeout", defaults.TaskTimeout),
            ActAs = section.Choice("act_as", defaults.ActAs, "caller", "server"),
            HasProtocol2 = section.Flag("protocol_2", defaults.HasProtocol2),
            PerClientMemory = section.Size("per_client_memory", defaults.PerClientMemory),
            Weights = Weights(section, "weights"),
            TraceStderr = section.Flag("trace_stderr"),
            AllowUids = Ids(section, "allow_uids"),
            AllowGids = Ids(section, "allow_gids"),
            CancelAny = section.Flag("cancel_any"),
            Roots = Paths(section, "roots"),
        };
        section.Finish();
        if (!socket.StartsWith('/'))
            section.RefuseKey("socket", socket.Length == 0 ? "'rings' needs 'socket', the path of its Unix socket" : $"'socket' must be absolute, not '{socket}'");
        else if (System.Text.Encoding.UTF8.GetByteCount(socket) > 107)
            section.RefuseKey("socket", $"'{socket}' is too long for a Unix socket: at most 107 bytes");
        foreach (var (key, bytes) in new[] { ("per_client_bytes", result.PerClientBytes), ("per_user_bytes", result.PerUserBytes) })
        {
            if (bytes > 0 && bytes < result.IoBytesMax)
                section.RefuseKey(key, $"'{key}' must be at least 'io_bytes_max', {result.IoBytesMax}, or no task could ever run");
        }

        if (jobId is null)
            return result;
        if (uint.TryParse(jobId, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return result with { JobId = id };
        section.RefuseKey("job_id", "'job_id' must be a whole number from 0 to 4294967295");
        return result;
    }

    private static List<uint> Ids(ConfigurationSection section, string key)
    {
        var ids = new List<uint>();
        foreach (var node in section.List(key, single: true) ?? [])
        {
            if (uint.TryParse((node as YamlScalarNode)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                ids.Add(id);
            else
                section.Refuse(node, $"'{key}' must be a list of numbers");
        }

        return ids;
    }

    private static List<(uint Uid, int Weight)> Weights(ConfigurationSection section, string key)
    {
        var weights = new List<(uint Uid, int Weight)>();
        foreach (var node in section.List(key, single: true) ?? [])
        {
            if (RingsConfiguration.ParseWeight((node as YamlScalarNode)?.Value) is { } weight)
                weights.Add(weight);
            else
                section.Refuse(node, $"'{key}' must be a list of UID:WEIGHT, the weight from 1 to {RingsConfiguration.MaximumWeight}");
        }

        return weights;
    }

    private static List<string> Paths(ConfigurationSection section, string key)
    {
        var paths = new List<string>();
        foreach (var node in section.List(key, single: true) ?? [])
        {
            if ((node as YamlScalarNode)?.Value is { } path && path.StartsWith('/'))
                paths.Add(path);
            else
                section.Refuse(node, $"'{key}' must be a list of absolute paths");
        }

        return paths;
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Etcd;
using Pentode.Locks.Stores.Postgres;

namespace Pentode.Cli.Commands.Locks.Cluster;

/// <summary><c>pentode locks cluster status</c>: asks the store itself, so it works while no daemon does.</summary>
internal static class ClusterStatusCommand
{
    private const string Examples = """
          pentode locks cluster status /etc/pentode/cluster/pentode.yaml
          pentode locks cluster status --endpoints http://10.0.0.1:2379,http://10.0.0.2:2379 --json
        """;

    private const int PatienceMs = 5000;

    public static Command Create()
    {
        var file = new Argument<string?>("CONFIG") { Description = "Configuration file whose locks section names the store.", Arity = ArgumentArity.ZeroOrOne };
        var endpoints = new Option<string?>("--endpoints") { Description = "Client URLs of etcd members, instead of a configuration.", HelpName = "URL,…" };
        var cluster = new Option<string>("--cluster") { Description = "Name of the cluster, with --endpoints; pentode by default.", HelpName = "NAME", DefaultValueFactory = _ => "pentode" };
        var ca = new Option<string>("--ca") { Description = "Certificate of the authority, with --endpoints.", HelpName = "FILE", DefaultValueFactory = _ => "" };
        var certificate = new Option<string>("--certificate") { Description = "Certificate of the client, with --endpoints.", HelpName = "FILE", DefaultValueFactory = _ => "" };
        var key = new Option<string>("--key") { Description = "Its key.", HelpName = "FILE", DefaultValueFactory = _ => "" };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var status = new DocumentedCommand(
            "status", "Shows members with leader, latency and version, alarms, and the sessions of nodes with the time they are valid at least. Exit 1 when locks do not work.", Examples)
            { file, endpoints, cluster, ca, certificate, key, json };
        status.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(file) is null == parsed.GetValue(endpoints) is null)
                return await UsageProblems.RefuseAsync("give a configuration file or --endpoints").ConfigureAwait(false);
            ILockStore store;
            var name = parsed.GetValue(cluster)!;
            try
            {
                if (parsed.GetValue(file) is { } path)
                {
                    var errors = new List<ConfigurationError>();
                    var configuration = ConfigurationReader.Read(path, errors);
                    foreach (var error in errors)
                        await Console.Error.WriteLineAsync(error.ToString()).ConfigureAwait(false);
                    if (errors.Count > 0)
                        return ExitCode.Configuration;
                    if (configuration.Locks is not { } locks || (locks.Etcd is null && locks.Postgres is null))
                        return await UsageProblems.RefuseAsync($"{path} has no locks in a store of several machines (store: etcd or postgres)").ConfigureAwait(false);
                    name = locks.Cluster;
                    store = locks.Etcd is { } etcd ? new EtcdLockStore(etcd with { CallTimeoutMs = PatienceMs }, NullLog.Instance) : new PostgresLockStore(locks.Postgres! with { CallTimeoutMs = PatienceMs }, NullLog.Instance);
                }
                else
                {
                    var urls = parsed.GetValue(endpoints)!.Split(',');
                    if (Array.Find(urls, u => !Uri.TryCreate(u, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) is { } wrong)
                        return await UsageProblems.RefuseAsync($"'{wrong}' is not a URL such as https://10.0.0.1:2379").ConfigureAwait(false);
                    var tls = new EtcdTls { CaFile = parsed.GetValue(ca)!, CertificateFile = parsed.GetValue(certificate)!, KeyFile = parsed.GetValue(key)! };
                    store = new EtcdLockStore(new EtcdOptions { Endpoints = [.. urls.Select(u => new Uri(u))], Tls = tls, CallTimeoutMs = PatienceMs }, NullLog.Instance);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or System.Security.Cryptography.CryptographicException)
            {
                await Console.Error.WriteLineAsync($"pentode: {e.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
                return ExitCode.Failure;
            }

            await using (store.ConfigureAwait(false))
                return await ShowAsync(store, name, parsed.GetValue(json), cancel).ConfigureAwait(false);
        });
        return status;
    }

    private static async Task<int> ShowAsync(ILockStore store, string cluster, bool isJson, CancellationToken cancel)
    {
        var keys = new KeyLayout(cluster);
        var info = await store.InfoAsync(cancel).ConfigureAwait(false);
        var problem = info.Outcome == StoreOutcome.Ok ? null : info.Detail ?? info.Outcome.ToString();
        SessionTiming? timing = null;
        IReadOnlyList<ClusterSession> sessions = [];
        if (problem is null)
            (timing, problem) = await ClusterObserver.TimingAsync(store, keys).ConfigureAwait(false);
        if (timing is not null)
            (sessions, problem) = await ClusterObserver.SessionsAsync(store, keys, timing, cancel).ConfigureAwait(false);
        var isWorking = problem is null && !info.IsReadOnly;
        if (isJson)
            await Console.Out.WriteLineAsync(Json(store, cluster, info, timing, sessions, problem, isWorking)).ConfigureAwait(false);
        else
            Print(store, cluster, info, timing, sessions, problem, isWorking);
        return isWorking ? ExitCode.Ok : ExitCode.Failure;
    }

    private static void Print(
        ILockStore store, string cluster, StoreInfo info, SessionTiming? timing, IReadOnlyList<ClusterSession> sessions, string? problem, bool isWorking)
    {
        Console.WriteLine($"cluster {cluster} in {store.Description}: {(isWorking ? "works" : "does not work")}{(info.IsClusterDurable ? "" : ", does not survive the loss of a machine")}");
        if (problem is not null)
            Console.WriteLine($"problem: {problem}");
        foreach (var alarm in info.Alarms)
            Console.WriteLine($"alarm: {alarm}");
        foreach (var warning in info.Warnings)
            Console.WriteLine($"warning: {warning}");
        foreach (var member in info.Members)
            Console.WriteLine($"member: {member}");
        if (timing is null)
        {
            Console.WriteLine(problem is null ? "no node has joined yet" : "");
            return;
        }

        Console.WriteLine($"times: heartbeat {timing.HeartbeatMs} ms, hold {timing.HoldMs} ms, dead {timing.DeadMs} ms");
        var table = new TextTable("NODE", "ADDRESS", ">PID", ">BEAT", "STATE", ">VALID MS", ">DEAD IN MS", "SESSION");
        foreach (var session in sessions)
        {
            table.Add(
                session.Node, session.Address, Text(session.ProcessId), session.Beat.ToString(CultureInfo.InvariantCulture), session.IsBeating ? "beats" : "silent",
                session.IsBeating ? ">=" + Text(session.ValidMs) : "?", session.IsBeating ? Text(session.DeadInMs) : "<=" + Text(session.DeadInMs), session.Session);
        }

        table.Write(Console.Out);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Json(
        ILockStore store, string cluster, StoreInfo info, SessionTiming? timing, IReadOnlyList<ClusterSession> sessions, string? problem, bool isWorking)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("cluster", cluster);
            writer.WriteString("store", store.Description);
            writer.WriteBoolean("works", isWorking);
            writer.WriteString("version", info.Version);
            writer.WriteBoolean("read_only", info.IsReadOnly);
            writer.WriteBoolean("cluster_durable", info.IsClusterDurable);
            if (problem is not null)
                writer.WriteString("problem", problem);
            foreach (var (name, values) in ((string, IReadOnlyList<string>)[])[("alarms", info.Alarms), ("warnings", info.Warnings), ("members", info.Members)])
            {
                writer.WriteStartArray(name);
                foreach (var value in values)
                    writer.WriteStringValue(value);
                writer.WriteEndArray();
            }

            if (timing is not null)
            {
                writer.WriteNumber("heartbeat_ms", timing.HeartbeatMs);
                writer.WriteNumber("hold_ms", timing.HoldMs);
                writer.WriteNumber("dead_ms", timing.DeadMs);
            }

            writer.WriteStartArray("sessions");
            foreach (var session in sessions)
            {
                writer.WriteStartObject();
                writer.WriteString("node", session.Node);
                writer.WriteString("address", session.Address);
                writer.WriteNumber("pid", session.ProcessId);
                writer.WriteNumber("beat", session.Beat);
                writer.WriteBoolean("beats", session.IsBeating);
                writer.WriteNumber("valid_ms", session.ValidMs);
                writer.WriteNumber("dead_in_ms", session.DeadInMs);
                writer.WriteString("session", session.Session);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}

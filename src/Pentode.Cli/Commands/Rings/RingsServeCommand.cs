using System.CommandLine;
using System.Globalization;
using System.Text;
using Pentode.Daemon.Configuration;
using Pentode.Linux;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings serve SOCKET</c>.</summary>
internal static class RingsServeCommand
{
    private const int LongestPath = 107;

    private const string Examples = """
          pentode rings serve /run/user/1000/rings.sock
          pentode rings serve rings.sock --ring-entries 256 --io-bytes-max 65535
          pentode rings serve /run/rings.sock --allow-uid 1000 --root /srv/work
          pentode rings serve /run/rings.sock --per-user-clients 8 --per-user-credits 64 --task-timeout 10m
          systemd-socket-activate -l /tmp/rings.sock pentode rings serve
        """;

    public static Command Create(CommonOptions common)
    {
        var defaults = new RingsConfiguration { Socket = "" };
        var socket = new Argument<string?>("SOCKET") { Description = "Path of the Unix socket; left out when a service manager hands the socket over (LISTEN_FDS).", Arity = ArgumentArity.ZeroOrOne };
        var entries = Number("--ring-entries", "Ring entries, rounded up to a power of two; one less is the number of credits all clients share.", defaults.RingEntries, 2, RingsConfiguration.MaximumEntries);
        var clients = Number("--max-clients", "Connections; more are closed at once.", defaults.MaxClients, 1, RingsConfiguration.MaximumClients);
        var fds = Number("--registered-fds", "Descriptors a client may hold.", defaults.RegisteredFds, 1, RingsConfiguration.MaximumFds);
        var buffers = Number("--registered-buffers", "Buffers a client may hold.", defaults.RegisteredBuffers, 1, RingsConfiguration.MaximumBuffers);
        var credits = Number("--per-client-credits", "Credits a client may hold.", defaults.PerClientCredits, 1, RingsConfiguration.MaximumEntries);
        var bytes = Number("--io-bytes-max", "Bytes one task may move.", defaults.IoBytesMax, 1, RingsConfiguration.MaximumIoBytes);
        var clientBytes = Size("--per-client-bytes", "Bytes of transfers a client may have in flight; without it what its credits allow.");
        var userClients = Number("--per-user-clients", "Connections of one user; 0 for no limit. More are closed at once.", 0, 0, RingsConfiguration.MaximumClients);
        var userCredits = Number("--per-user-credits", "Credits all connections of one user may hold together; 0 for no limit.", 0, 0, RingsConfiguration.MaximumEntries);
        var userBytes = Size("--per-user-bytes", "Bytes of transfers all connections of one user may have in flight together.");
        var userFds = Number("--per-user-fds", "Descriptors all connections of one user may hold together; 0 for no limit.", 0, 0, int.MaxValue);
        var taskTimeout = new Option<string?>("--task-timeout") { Description = "Cancel tasks that run longer; they end with ETIMEDOUT.", HelpName = "DURATION" };
        taskTimeout.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !Quantity.TryParseDuration(result.Tokens[^1].Value, out _))
                result.AddError($"--task-timeout must be a duration such as 30s, 10m or 500ms, not '{result.Tokens[^1].Value}'");
        });
        var actAs = new Option<string>("--act-as") { Description = "Whose rights tasks have: the caller's (as root; else only the server's own user is served) or, as with iouringd, the server's for everybody.", DefaultValueFactory = _ => defaults.ActAs };
        actAs.AcceptOnlyFromAmong("caller", "server");
        var noSecond = new Option<bool>("--no-protocol-2") { Description = "Serve protocol 1.12 only." };
        var memory = Size("--per-client-memory", "Shared memory a client of protocol 2 may have; 1GiB by default.");
        var weights = new Option<string[]>("--weight") { Description = "Share of a user among clients of protocol 2, 1 to 10000; 100 without it. May be repeated.", HelpName = "UID:WEIGHT" };
        weights.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => RingsConfiguration.ParseWeight(t.Value) is null))
                result.AddError($"--weight must be UID:WEIGHT with a weight from 1 to {RingsConfiguration.MaximumWeight}, not '{token.Value}'");
        });
        var job = new Option<string?>("--job-id") { Description = "Number named in trace lines.", HelpName = "N" };
        var trace = new Option<bool>("--trace-stderr") { Description = "Write a line for each event to standard error, as iouringd does." };
        var uids = new Option<string[]>("--allow-uid") { Description = "Let only this user connect; may be repeated.", HelpName = "UID" };
        var gids = new Option<string[]>("--allow-gid") { Description = "Let only processes with this group, effective or supplementary, connect; may be repeated.", HelpName = "GID" };
        var cancelAny = new Option<bool>("--cancel-any") { Description = "Let clients cancel tasks of other users too, as iouringd does." };
        var roots = new Option<string[]>("--root") { Description = "Confine opens beneath this directory; may be repeated. Without it clients open whatever the rights they act with allow.", HelpName = "DIR" };
        foreach (var ids in new Option[] { job, uids, gids })
            RequireId(ids);
        var serve = new DocumentedCommand("serve", "Serves the protocol of iouringd on a Unix socket until SIGTERM or Ctrl-C.", Examples)
        {
            socket, entries, clients, fds, buffers, credits, bytes, clientBytes, userClients, userCredits, userBytes, userFds, taskTimeout, noSecond, memory, weights, job, trace, uids, gids, actAs, cancelAny, roots,
        };
        serve.SetAction(async (parsed, _) =>
        {
            var handedOver = ServiceManager.TakeSockets();
            if (handedOver.Count > 1)
                return await UsageProblems.RefuseAsync($"the service manager hands over {handedOver.Count} sockets: rings takes one (one ListenStream=)").ConfigureAwait(false);
            var listener = handedOver.Count == 1 ? handedOver[0] : -1;
            var path = parsed.GetValue(socket) is { } given ? Path.GetFullPath(given) : listener >= 0 ? Sockets.UnixPath(listener) : "";
            if (path.Length == 0)
                return await UsageProblems.RefuseAsync("SOCKET is missing: name the path of the Unix socket, or start by a service manager that hands one over").ConfigureAwait(false);
            if (Encoding.UTF8.GetByteCount(path) > LongestPath)
                return await UsageProblems.RefuseAsync($"'{path}' is too long for a Unix socket: at most {LongestPath} bytes").ConfigureAwait(false);
            var rings = new RingsConfiguration
            {
                Socket = path,
                RingEntries = parsed.GetValue(entries),
                MaxClients = parsed.GetValue(clients),
                RegisteredFds = parsed.GetValue(fds),
                RegisteredBuffers = parsed.GetValue(buffers),
                PerClientCredits = parsed.GetValue(credits),
                Listener = listener,
                IoBytesMax = parsed.GetValue(bytes),
                PerClientBytes = Bytes(parsed.GetValue(clientBytes)),
                PerUserClients = parsed.GetValue(userClients),
                PerUserCredits = parsed.GetValue(userCredits),
                PerUserBytes = Bytes(parsed.GetValue(userBytes)),
                PerUserFds = parsed.GetValue(userFds),
                TaskTimeout = parsed.GetValue(taskTimeout) is { } limit && Quantity.TryParseDuration(limit, out var time) ? time : default,
                ActAs = parsed.GetValue(actAs)!,
                HasProtocol2 = !parsed.GetValue(noSecond),
                PerClientMemory = parsed.GetValue(memory) is { } size ? Bytes(size) : defaults.PerClientMemory,
                Weights = [.. (parsed.GetValue(weights) ?? []).Select(w => RingsConfiguration.ParseWeight(w)!.Value)],
                JobId = parsed.GetValue(job) is { } id ? Id(id) : null,
                TraceStderr = parsed.GetValue(trace),
                AllowUids = [.. (parsed.GetValue(uids) ?? []).Select(Id)],
                AllowGids = [.. (parsed.GetValue(gids) ?? []).Select(Id)],
                CancelAny = parsed.GetValue(cancelAny),
                Roots = [.. (parsed.GetValue(roots) ?? []).Select(Path.GetFullPath)],
            };
            foreach (var (name, quota) in new[] { ("--per-client-bytes", rings.PerClientBytes), ("--per-user-bytes", rings.PerUserBytes) })
            {
                if (quota > 0 && quota < rings.IoBytesMax)
                    return await UsageProblems.RefuseAsync($"{name} must be at least --io-bytes-max, {rings.IoBytesMax}, or no task could ever run").ConfigureAwait(false);
            }

            return await DaemonRunner.RunAsync(common.Apply(parsed, new DaemonConfiguration { Rings = rings })).ConfigureAwait(false);
        });
        return serve;
    }

    private static Option<int> Number(string name, string description, int value, int minimum, int maximum)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
        UsageProblems.RequireNumber(option, minimum, maximum);
        return option;
    }

    private static Option<string?> Size(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "SIZE" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !Quantity.TryParseSize(result.Tokens[^1].Value, out _))
                result.AddError($"{name} must be a size such as 65536 or 1MiB, not '{result.Tokens[^1].Value}'");
        });
        return option;
    }

    private static long Bytes(string? text) => text is not null && Quantity.TryParseSize(text, out var bytes) ? bytes : 0;

    private static void RequireId(Option option) => option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens.Where(t => !uint.TryParse(t.Value, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            result.AddError($"{option.Name} must be a whole number from 0 to {uint.MaxValue}, not '{token.Value}'");
    });

    private static uint Id(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

using System.CommandLine;
using System.Globalization;
using System.Text;
using Pentode.Daemon.Configuration;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings serve SOCKET</c>.</summary>
internal static class RingsServeCommand
{
    private const int LongestPath = 107;

    private const string Examples = """
          pentode rings serve /run/user/1000/rings.sock
          pentode rings serve rings.sock --ring-entries 256 --io-bytes-max 65535
          pentode rings serve /run/rings.sock --allow-uid 1000 --root /srv/work
        """;

    public static Command Create(CommonOptions common)
    {
        var defaults = new RingsConfiguration { Socket = "" };
        var socket = new Argument<string>("SOCKET") { Description = "Path of the Unix socket." };
        var entries = Number("--ring-entries", "Ring entries, rounded up to a power of two; one less is the number of credits all clients share.", defaults.RingEntries, 2, RingsConfiguration.MaximumEntries);
        var clients = Number("--max-clients", "Connections; more are closed at once.", defaults.MaxClients, 1, RingsConfiguration.MaximumClients);
        var fds = Number("--registered-fds", "Descriptors a client may hold.", defaults.RegisteredFds, 1, RingsConfiguration.MaximumFds);
        var buffers = Number("--registered-buffers", "Buffers a client may hold.", defaults.RegisteredBuffers, 1, RingsConfiguration.MaximumBuffers);
        var credits = Number("--per-client-credits", "Credits a client may hold.", defaults.PerClientCredits, 1, RingsConfiguration.MaximumEntries);
        var bytes = Number("--io-bytes-max", "Bytes one task may move.", defaults.IoBytesMax, 1, RingsConfiguration.MaximumIoBytes);
        var job = new Option<string?>("--job-id") { Description = "Number named in trace lines.", HelpName = "N" };
        var trace = new Option<bool>("--trace-stderr") { Description = "Write a line for each event to standard error, as iouringd does." };
        var uids = new Option<string[]>("--allow-uid") { Description = "Let only this user connect; may be repeated.", HelpName = "UID" };
        var gids = new Option<string[]>("--allow-gid") { Description = "Let only processes of this group connect; may be repeated.", HelpName = "GID" };
        var cancelAny = new Option<bool>("--cancel-any") { Description = "Let clients cancel tasks of other users too, as iouringd does." };
        var roots = new Option<string[]>("--root") { Description = "Confine opens beneath this directory; may be repeated. Without it clients open what this process can.", HelpName = "DIR" };
        foreach (var ids in new Option[] { job, uids, gids })
            RequireId(ids);
        var serve = new DocumentedCommand("serve", "Serves the protocol of iouringd on a Unix socket until SIGTERM or Ctrl-C.", Examples)
        {
            socket, entries, clients, fds, buffers, credits, bytes, job, trace, uids, gids, cancelAny, roots,
        };
        serve.SetAction(async (parsed, _) =>
        {
            var path = Path.GetFullPath(parsed.GetValue(socket)!);
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
                IoBytesMax = parsed.GetValue(bytes),
                JobId = parsed.GetValue(job) is { } id ? Id(id) : null,
                TraceStderr = parsed.GetValue(trace),
                AllowUids = [.. (parsed.GetValue(uids) ?? []).Select(Id)],
                AllowGids = [.. (parsed.GetValue(gids) ?? []).Select(Id)],
                CancelAny = parsed.GetValue(cancelAny),
                Roots = [.. (parsed.GetValue(roots) ?? []).Select(Path.GetFullPath)],
            };
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

    private static void RequireId(Option option) => option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens.Where(t => !uint.TryParse(t.Value, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            result.AddError($"{option.Name} must be a whole number from 0 to {uint.MaxValue}, not '{token.Value}'");
    });

    private static uint Id(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

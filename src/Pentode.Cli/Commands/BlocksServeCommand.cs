using System.CommandLine;
using System.Globalization;
using Pentode.Daemon.Configuration;

namespace Pentode.Cli.Commands;

/// <summary><c>pentode blocks serve PORT FILE</c>.</summary>
internal static class BlocksServeCommand
{
    private const string Examples = """
          pentode blocks serve 10809 disk.img
          pentode blocks serve 0 disk.img --read-only --name backup
          pentode blocks serve - disk.img --unix /run/user/1000/nbd.sock
        """;

    public static Command Create(CommonOptions common)
    {
        var port = new Argument<string>("PORT") { Description = "TCP port; 0 lets the kernel choose; - with --unix for no TCP." };
        var file = new Argument<string>("FILE") { Description = "File or block device; its size is the size of the disk." };
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse changes." };
        var unix = new Option<string?>("--unix") { Description = "Listen on a Unix socket as well.", HelpName = "SOCKET" };
        var host = new Option<string>("--listen") { Description = "Address to listen on: an IPv4 or IPv6 address, localhost, or * for all of IPv4.", HelpName = "HOST", DefaultValueFactory = _ => "127.0.0.1" };
        var name = new Option<string>("--name") { Description = "Export name; empty when not given. Clients that ask for no name get it in any case.", HelpName = "NAME" };
        var oldStyle = new Option<bool>("--old-style") { Description = "Speak the handshake of clients older than 2011." };
        var serve = new DocumentedCommand("serve", "Serves one file over NBD until SIGTERM or Ctrl-C.", Examples) { port, file, readOnly, unix, host, name, oldStyle };
        serve.SetAction(async (parsed, _) =>
        {
            var listen = new List<ListenAddress>();
            var socket = parsed.GetValue(unix);
            if (parsed.GetValue(port) is not "-")
            {
                if (!ushort.TryParse(parsed.GetValue(port), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    return await UsageProblems.RefuseAsync($"'{parsed.GetValue(port)}' is not a port: 0 to 65535, or - with --unix").ConfigureAwait(false);
                listen.Add(ListenAddress.Tcp(parsed.GetValue(host)!.Trim('[', ']'), number));
            }

            if (socket is not null)
            {
                if (!ListenAddress.TryParse("unix:" + Path.GetFullPath(socket), out var address, out var problem))
                    return await UsageProblems.RefuseAsync(problem).ConfigureAwait(false);
                listen.Add(address);
            }

            if (listen.Count == 0)
                return await UsageProblems.RefuseAsync("PORT - needs --unix SOCKET").ConfigureAwait(false);
            var export = new BlockExportConfiguration
            {
                Name = parsed.GetValue(name) ?? "", Path = Path.GetFullPath(parsed.GetValue(file)!), ReadOnly = parsed.GetValue(readOnly),
            };
            var blocks = new BlocksConfiguration { Listen = [.. listen.Select(a => new ListenerConfiguration(a, parsed.GetValue(oldStyle) ? export.Name : null))], Exports = [export] };
            return await DaemonRunner.RunAsync(common.Apply(parsed, new DaemonConfiguration { Blocks = blocks })).ConfigureAwait(false);
        });
        return serve;
    }
}

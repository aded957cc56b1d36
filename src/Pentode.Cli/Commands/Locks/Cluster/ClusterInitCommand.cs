using System.CommandLine;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Locks.Cluster;

/// <summary><c>pentode locks cluster init</c>: files only, nothing is started.</summary>
internal static class ClusterInitCommand
{
    private const string Examples = """
          pentode locks cluster init --nodes a=10.0.0.1,b=10.0.0.2,c=10.0.0.3 --output cluster
          pentode locks cluster init --nodes db1,db2,db3 --name production --mount /run/locks --output cluster
        """;

    public static Command Create()
    {
        var nodes = new Option<string>("--nodes") { Description = "The machines, NAME=HOST each; 1, 3, 5 or 7 of them.", Required = true, HelpName = "NAME=HOST,…" };
        var output = new Option<string>("--output") { Description = "Directory for the files, one directory for each node in it; must not exist.", Required = true, HelpName = "DIR" };
        var name = new Option<string>("--name") { Description = "Name of the cluster; pentode by default.", HelpName = "NAME", DefaultValueFactory = _ => "pentode" };
        var clientPort = new Option<int>("--client-port") { Description = "Port of etcd for clients; 2379 by default.", HelpName = "PORT", DefaultValueFactory = _ => 2379 };
        var peerPort = new Option<int>("--peer-port") { Description = "Port of etcd for its members; 2380 by default.", HelpName = "PORT", DefaultValueFactory = _ => 2380 };
        var install = new Option<string>("--install") { Description = "Where the files will be on each machine; /etc/pentode/cluster by default. {node} stands for the node's name.", HelpName = "DIR", DefaultValueFactory = _ => "/etc/pentode/cluster" };
        var data = new Option<string>("--data") { Description = "Where etcd keeps its data; /var/lib/pentode-etcd by default.", HelpName = "DIR", DefaultValueFactory = _ => "/var/lib/pentode-etcd" };
        var mount = new Option<string>("--mount") { Description = "Where the lock tree is mounted; /dlm by default.", HelpName = "DIR", DefaultValueFactory = _ => "/dlm" };
        var days = new Option<int>("--days") { Description = "How long the certificates last; 3650 by default.", HelpName = "N", DefaultValueFactory = _ => 3650 };
        var program = new Option<string>("--etcd") { Description = "The etcd program; /usr/bin/etcd by default.", HelpName = "FILE", DefaultValueFactory = _ => "/usr/bin/etcd" };
        UsageProblems.RequireNumber(clientPort, 1, 65535);
        UsageProblems.RequireNumber(peerPort, 1, 65535);
        UsageProblems.RequireNumber(days, 1, 36500);
        var init = new DocumentedCommand(
            "init", "Writes etcd units, certificates and configurations for the machines of a cluster. Nothing is started or sent.", Examples)
            { nodes, output, name, clientPort, peerPort, install, data, mount, days, program };
        init.SetAction(async (parsed, _) =>
        {
            var (list, problem) = ClusterNode.ParseList(parsed.GetValue(nodes)!);
            var directory = parsed.GetValue(output)!;
            string[] paths = [parsed.GetValue(install)!, parsed.GetValue(data)!, parsed.GetValue(mount)!, parsed.GetValue(program)!];
            problem ??= Array.Find(paths, p => !p.StartsWith('/') || p.Any(char.IsWhiteSpace)) is { } wrong ? $"'{wrong}' must be absolute and without blanks" : null;
            problem ??= parsed.GetValue(name) is { Length: 0 or > 63 } or null || parsed.GetValue(name)!.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                ? "--name must have 1 to 63 letters, digits, '.', '_' or '-'" : null;
            problem ??= parsed.GetValue(clientPort) == parsed.GetValue(peerPort) ? "--client-port and --peer-port must differ" : null;
            problem ??= Path.Exists(directory) ? $"{directory} exists already: keys are never written over" : null;
            if (problem is not null)
                return await UsageProblems.RefuseAsync(problem).ConfigureAwait(false);
            var plan = new ClusterPlan(
                parsed.GetValue(name)!, list, parsed.GetValue(clientPort), parsed.GetValue(peerPort), paths[0].TrimEnd('/'), paths[1].TrimEnd('/'), paths[2], parsed.GetValue(days), paths[3]);
            try
            {
                Write(plan, directory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"pentode: cannot write {directory}: {e.Message}").ConfigureAwait(false);
                return ExitCode.Failure;
            }

            await Console.Out.WriteLineAsync(plan.NextSteps(directory)).ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return init;
    }

    private static void Write(ClusterPlan plan, string directory)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(directory, ownerOnly);
        using var certificates = new ClusterCertificates(plan.Name, plan.Days, TimeProvider.System);
        certificates.WriteAuthorityKey(directory);
        foreach (var node in plan.Nodes)
        {
            var path = Path.Combine(directory, node.Name);
            Directory.CreateDirectory(path, ownerOnly);
            certificates.WriteFor(node, path);
            File.WriteAllText(Path.Combine(path, "pentode-etcd.service"), plan.Unit(node));
            File.WriteAllText(Path.Combine(path, "pentode.yaml"), plan.Configuration(node));
        }
    }
}

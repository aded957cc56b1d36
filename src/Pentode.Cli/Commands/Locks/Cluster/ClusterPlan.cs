namespace Pentode.Cli.Commands.Locks.Cluster;

/// <summary>What <c>cluster init</c> writes down. <c>{node}</c> in a path stands for the name of the node.</summary>
/// <param name="Name">Name of the cluster.</param>
/// <param name="Nodes">Its machines.</param>
/// <param name="ClientPort">Port of etcd for clients.</param>
/// <param name="PeerPort">Port of etcd for the other members.</param>
/// <param name="InstallDirectory">Where the files will be on each machine.</param>
/// <param name="DataDirectory">Where etcd keeps its data.</param>
/// <param name="Mount">Where the lock tree is mounted.</param>
/// <param name="Days">How long the certificates last.</param>
/// <param name="Program">The etcd program.</param>
internal sealed record ClusterPlan(
    string Name, IReadOnlyList<ClusterNode> Nodes, int ClientPort, int PeerPort, string InstallDirectory, string DataDirectory, string Mount, int Days, string Program)
{
    /// <summary>Where the files are on the machine of a node.</summary>
    public string InstallFor(ClusterNode node) => For(InstallDirectory, node);

    /// <summary>systemd unit of a member.</summary>
    public string Unit(ClusterNode node)
    {
        var files = InstallFor(node);
        var data = For(DataDirectory, node);
        var members = string.Join(',', Nodes.Select(n => $"{n.Name}=https://{n.UrlHost}:{PeerPort}"));
        string[] arguments =
        [
            $"--name {node.Name}", $"--data-dir {data}",
            $"--listen-client-urls https://{node.UrlHost}:{ClientPort}", $"--advertise-client-urls https://{node.UrlHost}:{ClientPort}",
            $"--listen-peer-urls https://{node.UrlHost}:{PeerPort}", $"--initial-advertise-peer-urls https://{node.UrlHost}:{PeerPort}",
            $"--initial-cluster {members}", $"--initial-cluster-token pentode-{Name}", "--initial-cluster-state new",
            "--client-cert-auth", $"--trusted-ca-file {files}/ca.pem", $"--cert-file {files}/server.pem", $"--key-file {files}/server.key",
            "--peer-client-cert-auth", $"--peer-trusted-ca-file {files}/ca.pem", $"--peer-cert-file {files}/server.pem", $"--peer-key-file {files}/server.key",
            "--auto-compaction-mode periodic", "--auto-compaction-retention 10m", "--logger zap",
        ];
        return $"""
            # Member {node.Name} of the etcd cluster {Name}, for the locks of pentode. Made by: pentode locks cluster init
            [Unit]
            Description=etcd for pentode locks
            After=network-online.target
            Wants=network-online.target

            [Service]
            Type=notify
            User=etcd
            ExecStart={Program} {string.Join(" \\\n    ", arguments)}
            Restart=always
            RestartSec=1
            LimitNOFILE=65536

            [Install]
            WantedBy=multi-user.target

            """;
    }

    /// <summary>Configuration of the daemon of a node. Its own member comes first.</summary>
    public string Configuration(ClusterNode node)
    {
        var files = InstallFor(node);
        var endpoints = Nodes.OrderBy(n => n == node ? 0 : 1).Select(n => $"      - https://{n.UrlHost}:{ClientPort}");
        return $"""
            # Locks of node {node.Name} in cluster {Name}. Made by: pentode locks cluster init
            locks:
              cluster: {Name}
              node: {node.Name}
              address: {node.Host}
              store: etcd
              etcd:
                endpoints:
            {string.Join('\n', endpoints)}
                ca: {files}/ca.pem
                certificate: {files}/client.pem
                key: {files}/client.key
              mounts:
                - {For(Mount, node)}

            """;
    }

    /// <summary>What is left for the operator to do.</summary>
    public string NextSteps(string output)
    {
        var node = Nodes[0];
        return $"""
            Next, for each NODE of {string.Join(", ", Nodes.Select(n => n.Name))}:
              1. copy {output}/NODE to {InstallDirectory} of that machine; the files of etcd must be readable by user etcd: chown -R etcd {InstallDirectory}
              2. install -d -o etcd -m 700 {DataDirectory}
              3. install {InstallDirectory}/pentode-etcd.service /etc/systemd/system/ && systemctl enable --now pentode-etcd
              4. pentode serve {InstallDirectory}/pentode.yaml
            Then ask on any of them: pentode locks cluster status {InstallFor(node)}/pentode.yaml
            Keep {output}/ca.key where nobody finds it: it signs further members and clients.
            """;
    }

    private static string For(string path, ClusterNode node) => path.Replace("{node}", node.Name, StringComparison.Ordinal);
}

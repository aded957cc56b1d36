using Pentode.Testing.Machines;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Locks;

/// <summary>Whole clusters in network namespaces: the shell session of the documents, and a short run under faults.</summary>
public sealed class ClusterTests
{
    [Fact]
    public void The_session_of_the_documents_runs_on_three_nodes_and_three_etcd_members()
    {
        RequireMachines();
        Assert.SkipUnless(File.Exists("/dev/fuse"), "needs /dev/fuse");
        var result = Tool.Run(400, "env", $"PENTODE={PentodeProcess.Binary}", Script("cluster"));
        Assert.True(result.Status == 0, result.Output + result.Error);
        Assert.Contains("a value written on one node is read on another", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("the session ran as the original's documents show it", result.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_of_every_kind_leave_the_history_without_a_flaw()
    {
        RequireMachines();
        var seconds = Environment.GetEnvironmentVariable("PENTODE_LONG") == "1" ? 180 : 30;
        var result = Tool.Run(900, "env", $"NEMESIS={Nemesis}", Script("nemesis"), "--seconds", $"{seconds}", "--seed", "20261121");
        Assert.True(result.Status == 0, result.Output + result.Error);
    }

    [Fact]
    public void The_wall_clock_may_jump_by_hours_and_days()
    {
        VirtualMachine.Require();
        EtcdCluster.Require();
        var result = Tool.Run(320, "env", $"PENTODE={PentodeProcess.Binary}", Script("clock"));
        Assert.True(result.Status == 0, result.Output + result.Error);
        Assert.Contains("9 jumps of the wall clock in 27 s: same session, same token, no wait ended", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Cluster_init_refuses_what_makes_no_cluster_and_never_writes_over_keys()
    {
        using var files = new TemporaryDirectory();
        string[] Init(string nodes, string output) => ["locks", "cluster", "init", "--nodes", nodes, "--output", files[output]];
        foreach (var (nodes, words) in (ReadOnlySpan<(string, string)>)
        [
            ("a=10.0.0.1,b=10.0.0.2", "bear no more losses than 1"), ("a=10.0.0.1,a=10.0.0.2,c=10.0.0.3", "repeats"), ("a=10.0.0.1/24", "neither an address nor a host name"),
            ("a b=10.0.0.1", "is not a node"), ("", "is not a node"),
        ])
        {
            var refused = Tool.Run(30, PentodeProcess.Binary, Init(nodes, "no"));
            Assert.Equal(2, refused.Status);
            Assert.Contains(words, refused.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(files["no"]));
        }

        Tool.Ok(60, PentodeProcess.Binary, Init("a=10.0.0.1,b=fe80::1,c=db3.example.org", "yes"));
        var again = Tool.Run(30, PentodeProcess.Binary, Init("a=10.0.0.1", "yes"));
        Assert.Equal(2, again.Status);
        Assert.Contains("never written over", again.Error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(files["yes"], "b", "server.key")));
        Assert.Contains("https://[fe80::1]:2379", File.ReadAllText(Path.Combine(files["yes"], "b", "pentode.yaml")), StringComparison.Ordinal);
        Assert.Contains("c=https://db3.example.org:2380", File.ReadAllText(Path.Combine(files["yes"], "a", "pentode-etcd.service")), StringComparison.Ordinal);
        foreach (var node in (string[])["a", "b", "c"])
        {
            Tool.Ok(30, PentodeProcess.Binary, "check", Path.Combine(files["yes"], node, "pentode.yaml"));
            Tool.Require("openssl");
            foreach (var name in (string[])["server", "client"])
                Assert.Contains("OK", Tool.Ok(30, "openssl", "verify", "-x509_strict", "-CAfile", Path.Combine(files["yes"], node, "ca.pem"), Path.Combine(files["yes"], node, name + ".pem")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Cluster_status_tells_of_members_versions_and_a_cluster_nobody_joined_and_fails_when_nothing_answers()
    {
        using var cluster = EtcdCluster.Start();
        var endpoint = cluster.Endpoints[0].GetLeftPart(UriPartial.Authority);
        var text = Tool.Ok(60, PentodeProcess.Binary, "locks", "cluster", "status", "--endpoints", endpoint);
        Assert.Contains("works, does not survive the loss of a machine", text, StringComparison.Ordinal);
        Assert.Contains(" leader ", text, StringComparison.Ordinal);
        Assert.Contains("no node has joined yet", text, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(Tool.Ok(60, PentodeProcess.Binary, "locks", "cluster", "status", "--endpoints", endpoint, "--json"));
        Assert.True(json.RootElement.GetProperty("works").GetBoolean());
        cluster.KillMember(0);
        var dead = Tool.Run(60, PentodeProcess.Binary, "locks", "cluster", "status", "--endpoints", endpoint, "--json");
        Assert.Equal(1, dead.Status);
        Assert.Contains("\"works\":false", dead.Output, StringComparison.Ordinal);
        Assert.Equal(2, Tool.Run(60, PentodeProcess.Binary, "locks", "cluster", "status").Status);
    }

    private static string Nemesis => Path.GetFullPath(Path.Combine(PentodeProcess.Binary, "..", "..", "..", "Pentode.Nemesis", Path.GetFileName(Path.GetDirectoryName(PentodeProcess.Binary))!, "Pentode.Nemesis"));

    private static void RequireMachines()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        EtcdCluster.Require();
        Tool.Require("nft");
        Tool.Require("ip");
    }

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "locks", name);
}

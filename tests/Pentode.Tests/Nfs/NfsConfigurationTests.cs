using System.Net;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>The nfs: section, host rules and the file of the key.</summary>
public sealed class NfsConfigurationTests
{
    [Theory]
    [InlineData("*", "8.8.8.8", true)]
    [InlineData("192.168.1.7", "192.168.1.7", true)]
    [InlineData("192.168.1.7", "192.168.1.8", false)]
    [InlineData("192.168.1.7/16", "192.168.200.1", true)]
    [InlineData("10.0.0.0/255.255.0.0", "10.0.9.9", true)]
    [InlineData("10.0.0.0/255.255.0.0", "10.1.9.9", false)]
    [InlineData("0.0.0.0/0", "10.1.9.9", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("localhost", "127.0.0.1", true)]
    [InlineData("localhost", "::ffff:127.0.0.1", true)]
    [InlineData("fd00::/8", "fdab::1", true)]
    [InlineData("fd00::/8", "fe80::1", false)]
    public void Hosts_match_by_address_and_network(string rule, string address, bool matches)
    {
        Assert.True(HostRule.TryParse(rule, out var parsed));
        Assert.Equal(matches, parsed.Matches(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData("1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/255.0.255.0")]
    [InlineData("10.0.0.0/")]
    [InlineData("fd00::/129")]
    public void Other_words_are_no_hosts(string rule) => Assert.False(HostRule.TryParse(rule, out _));

    [Fact]
    public void A_section_is_read()
    {
        var errors = new List<ConfigurationError>();
        var nfs = ConfigurationReader.Parse("""
            files: {exports: [{path: /srv}]}
            nfs:
              listen: ["127.0.0.1:12049", "[::1]:12049"]
              udp: true
              portmap: 127.0.0.1:10111
              max_transfer: 64KiB
              exports:
                - {export: /srv, path: /data, hosts: [10.0.0.0/8, localhost], read_only: true, squash: all, privileged_port: true}
                - {}
            """, "f", errors).Nfs!;
        Assert.Empty(errors);
        Assert.Equal((2, true, 65536, 10111), (nfs.Listen.Count, nfs.Udp, nfs.MaxTransfer, nfs.Portmap!.Port));
        Assert.Equal(("/srv", "/data", true, SquashKind.All, true), (nfs.Exports![0].Export, nfs.Exports[0].Path, nfs.Exports[0].ReadOnly, nfs.Exports[0].Squash, nfs.Exports[0].PrivilegedPort));
        Assert.Equal(["10.0.0.0/8", "localhost"], nfs.Exports[0].Hosts.Select(h => h.Text));
        Assert.Equal((SquashKind.Root, HostRule.Everybody), (nfs.Exports[1].Squash, nfs.Exports[1].Hosts[0]));
    }

    [Theory]
    [InlineData("{listen: \"unix:/x\"}", "HOST:PORT")]
    [InlineData("{max_transfer: 5000}", "multiple of 4KiB")]
    [InlineData("{max_transfer: 8MiB}", "multiple of 4KiB")]
    [InlineData("{state: here}", "absolute")]
    [InlineData("{portmap: x}", "not an address")]
    [InlineData("{exports: [{path: /x}]}", "say which with 'export'")]
    [InlineData("{exports: [{export: a, path: x}]}", "absolute")]
    [InlineData("{exports: [{hosts: [node1]}]}", "'node1' is not a host")]
    public void Mistakes_are_told(string section, string message)
    {
        var errors = new List<ConfigurationError>();
        ConfigurationReader.Parse($"files: {{exports: [{{path: /srv}}]}}\nnfs: {section}", "f", errors);
        Assert.Contains(errors, e => e.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void Key_and_numbers_outlive_the_daemon_and_nobody_else_reads_them()
    {
        using var files = new TemporaryDirectory();
        var first = NfsState.Open(files["state"], out _)!;
        var numbers = Enumerable.Range(0, 300).Select(i => first.NumberOf($"/e/{i}")).ToList();
        Assert.Equal(300, numbers.Distinct().Count());
        Assert.All(numbers, n => Assert.InRange(n, 1, 0x7FFF));
        first.Save();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files["state/nfs-handles"]));
        var second = NfsState.Open(files["state"], out _)!;
        Assert.Equal(first.Key, second.Key);
        Assert.Equal(numbers, Enumerable.Range(0, 300).Select(i => second.NumberOf($"/e/{i}")));
        File.WriteAllText(files["state/nfs-handles"], "key 12\n");
        Assert.Null(NfsState.Open(files["state"], out var problem));
        Assert.Contains("damaged", problem, StringComparison.Ordinal);
        File.WriteAllText(files["state/nfs-handles"], "");
        Assert.Null(NfsState.Open(files["state"], out problem));
        Assert.Contains("no key", problem, StringComparison.Ordinal);
    }
}

using Pentode.Daemon.Configuration;

namespace Pentode.Tests.Rings;

/// <summary>The <c>rings:</c> section.</summary>
public sealed class RingsConfigurationTests
{
    [Fact]
    public void Every_key_is_read()
    {
        var errors = new List<ConfigurationError>();
        var rings = ConfigurationReader.Parse(
            "rings: {socket: /run/s, ring_entries: 256, max_clients: 9, registered_fds: 8, registered_buffers: 7, per_client_credits: 6, io_bytes_max: 5, job_id: 4294967295, "
            + "trace_stderr: yes, allow_uids: [0, 1000], allow_gids: 5, cancel_any: yes, roots: [/srv, /tmp]}",
            "p.yaml", errors).Rings!;
        Assert.Empty(errors);
        Assert.Equal(
            ("/run/s", 256, 9, 8, 7, 6, 5, 4294967295u, true, true),
            (rings.Socket, rings.RingEntries, rings.MaxClients, rings.RegisteredFds, rings.RegisteredBuffers, rings.PerClientCredits, rings.IoBytesMax, rings.JobId, rings.TraceStderr, rings.CancelAny));
        Assert.Equal([0u, 1000u], rings.AllowUids);
        Assert.Equal([5u], rings.AllowGids);
        Assert.Equal(["/srv", "/tmp"], rings.Roots);
    }

    [Fact]
    public void Quotas_and_identity_are_read()
    {
        var errors = new List<ConfigurationError>();
        var rings = ConfigurationReader.Parse(
            "rings: {socket: /s, per_client_bytes: 64KiB, per_user_clients: 2, per_user_credits: 3, per_user_bytes: 1MiB, per_user_fds: 4, task_timeout: 90s, act_as: server}", "p.yaml", errors).Rings!;
        Assert.Empty(errors);
        Assert.Equal(
            (65536L, 2, 3, 1L << 20, 4, TimeSpan.FromSeconds(90), "server", -1),
            (rings.PerClientBytes, rings.PerUserClients, rings.PerUserCredits, rings.PerUserBytes, rings.PerUserFds, rings.TaskTimeout, rings.ActAs, rings.Listener));
    }

    [Theory]
    [InlineData("rings: {socket: /s, act_as: root}")]
    [InlineData("rings: {socket: /s, task_timeout: soon}")]
    [InlineData("rings: {socket: /s, per_client_bytes: 4095}")]
    [InlineData("rings: {socket: /s, io_bytes_max: 8192, per_user_bytes: 8191}")]
    [InlineData("rings: {socket: /s, per_user_clients: -1}")]
    [InlineData("rings: {}")]
    [InlineData("rings: {socket: relative}")]
    [InlineData("rings: {socket: /s, ring_entries: 1}")]
    [InlineData("rings: {socket: /s, io_bytes_max: 65536}")]
    [InlineData("rings: {socket: /s, job_id: -1}")]
    [InlineData("rings: {socket: /s, allow_uids: [root]}")]
    [InlineData("rings: {socket: /s, roots: [relative]}")]
    [InlineData("rings: {socket: /s, roots: [/a], unknown: 1}")]
    public void Wrong_values_are_refused(string text)
    {
        var errors = new List<ConfigurationError>();
        ConfigurationReader.Parse(text, "p.yaml", errors);
        Assert.Single(errors);
    }
}

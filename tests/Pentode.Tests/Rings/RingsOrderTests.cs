using System.Text;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Which of several ready requests is first; within a band the turn goes on behind the slot served last. The server is held by its own trace while the requests gather.</summary>
public sealed class RingsOrderTests
{
    [Fact]
    public void Control_high_normal_low_whatever_the_connection()
    {
        using var held = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        var order = new List<string>();
        using var host = new RingsHost(o => o with { RingEntries = 64, Trace = line => OnLine(Encoding.ASCII.GetString(line)) });
        var clients = Enumerable.Range(0, 7).Select(_ => host.Join()).ToArray();
        clients[0].Send(RawRings.Request(RingsKind.FileRead, 99u, 1u));
        Assert.True(reached.Wait(TimeSpan.FromSeconds(20)));
        clients[1].Send(RawRings.Prefix(RingsKind.Nop, RingsPriority.Low));
        clients[2].Send(RawRings.Prefix(RingsKind.Nop));
        clients[3].Send(RawRings.Prefix(RingsKind.Nop, RingsPriority.High));
        clients[4].Send(RawRings.Prefix(RingsKind.Nop, RingsPriority.High));
        clients[5].Send(RawRings.Request(RingsKind.RegisterBuffer, 0u, 0u));
        clients[6].Send(RawRings.Prefix(RingsKind.Nop, RingsPriority.Low));
        held.Set();
        foreach (var client in clients[1..])
            client.Receive(16);
        foreach (var client in clients)
            client.Dispose();
        Assert.Equal(["control 5", "high 3", "high 4", "normal 2", "low 6", "low 1"], order);

        void OnLine(string line)
        {
            if (line.Contains("event=submit_reject", StringComparison.Ordinal))
            {
                reached.Set();
                held.Wait(TimeSpan.FromSeconds(20));
            }

            if (!line.Contains("event=submit_accept", StringComparison.Ordinal) && !line.Contains("event=resource_register", StringComparison.Ordinal))
                return;
            var fields = line.Trim().Split(' ').Where(f => f.Contains('=')).Select(f => f.Split('=')).ToDictionary(f => f[0], f => f[1], StringComparer.Ordinal);
            order.Add($"{(fields["task_kind"] == "control" ? "control" : fields["priority"])} {fields["client_slot"]}");
        }
    }
}

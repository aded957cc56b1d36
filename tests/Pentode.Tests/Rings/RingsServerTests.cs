using System.Net.Sockets;
using System.Text;
using Pentode.Linux;
using Pentode.Rings.Server;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>What each kind does, seen from the bytes.</summary>
public sealed class RingsServerTests
{
    private const int Enoent = -2;
    private const int Eagain = -11;
    private const int Einval = -22;
    private const int Etime = -62;
    private const int Ecanceled = -125;

    [Fact]
    public void Handshake_and_nop_are_golden()
    {
        using var host = new RingsHost();
        using var client = host.Connect();
        var hello = Convert.ToHexString(client.Greet());
        Assert.StartsWith("494F443101000C0001000C000000000024000000", hello, StringComparison.Ordinal);
        Assert.EndsWith("0400000008000000FF0F000003000000200000000100000000100000", hello, StringComparison.Ordinal);
        client.Send(RawRings.Prefix(RingsKind.Nop));
        Assert.Equal("01000000000000000000000002000000", Convert.ToHexString(client.Receive(16)));
        Assert.Equal("494F443101000C0001000000000000000000000001000000", Convert.ToHexString(client.Receive(24)));
        Assert.True(host.Server.IsRestricted, "the ring takes other operations than those served");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(12)]
    public void Other_versions_are_refused_with_a_result_and_the_end(int at)
    {
        using var host = new RingsHost();
        using var client = host.Connect();
        var hello = (byte[])RawRings.Handshake.Clone();
        hello[at]++;
        client.Send(hello, RawRings.Prefix(RingsKind.Nop));
        Assert.Equal("494F443101000C0001000C0001000000" + new string('0', 72), Convert.ToHexString(client.Receive(52)));
        client.AssertEnd();
    }

    [Fact]
    public void Every_byte_alone_is_as_good_as_all_at_once()
    {
        using var host = new RingsHost();
        using var client = host.Connect();
        foreach (var b in RawRings.Handshake.Concat(RawRings.Request(RingsKind.Timeout, 1000ul)))
            client.Send([b]);
        client.Receive(52);
        Assert.Equal((1ul, 0, 2u), client.Submitted());
        Assert.Equal(Etime, client.Completed().Result);
    }

    [Fact]
    public void Pipelined_nops_are_all_accepted_whatever_the_credits()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        client.Send([.. Enumerable.Repeat(RawRings.Prefix(RingsKind.Nop), 500)]);
        var replies = 0;
        var completions = 0;
        while (replies + completions < 1000)
        {
            var head = client.Receive(8);
            if (Convert.ToHexString(head) == "494F443101000C00")
            {
                client.Receive(16);
                completions++;
            }
            else
            {
                Assert.True(BitConverter.ToUInt64(head) == (ulong)++replies && BitConverter.ToInt32(client.Receive(8)) == 0);
            }
        }

        Assert.Equal((500, 500), (replies, completions));
    }

    [Fact]
    public void Files_are_opened_written_read_and_closed()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        var path = host["file"];
        var (opened, _) = client.Do(RawRings.OpenAt(path, 0x42));
        Assert.Equal(1, opened);
        Assert.Equal(5, client.Do(RawRings.Request(RingsKind.FileWrite, 1u, 5u, "hello")).Result);
        Assert.Equal(2, client.Do(RawRings.Prioritised(RingsKind.FileWrite, RingsPriority.High, 1u, 2u, "XX")).Result);
        var (length, data) = client.Do(RawRings.Prioritised(RingsKind.FileRead, RingsPriority.Low, 1u, 100u));
        Assert.Equal((5, "XXllo"), (length, Encoding.UTF8.GetString(data)));
        Assert.Equal(1u, client.Stats().RegisteredFiles);
        Assert.Equal(0, client.Do(RawRings.Prioritised(RingsKind.Close, RingsPriority.High, 1u, 0u)).Result);
        client.Send(RawRings.Request(RingsKind.FileRead, 1u, 1u));
        Assert.Equal((0ul, Enoent), (client.Submitted() is var s ? s.Task : 0, s.Result));
        Assert.Equal(0u, client.Stats().RegisteredFiles);
        Assert.Equal(Enoent, client.Do(RawRings.OpenAt(host["missing"], 0)).Result);
        Assert.Equal(3, client.Do(RawRings.OpenAt(path, 0, RingsPriority.Low)).Result);
    }

    [Fact]
    public void Roots_confine_opens()
    {
        var root = Directory.CreateTempSubdirectory("pentode-");
        try
        {
            File.WriteAllText(Path.Combine(root.FullName, "in"), "inside");
            File.CreateSymbolicLink(Path.Combine(root.FullName, "out"), "/etc/passwd");
            using var host = new RingsHost(o => o with { Roots = [root.FullName] });
            using var client = host.Join();
            Assert.Equal(1, client.Do(RawRings.OpenAt("in", 0)).Result);
            Assert.Equal(2, client.Do(RawRings.OpenAt(Path.Combine(root.FullName, "in"), 0)).Result);
            Assert.Equal("inside", Encoding.UTF8.GetString(client.Do(RawRings.Request(RingsKind.FileRead, 2u, 10u)).Payload));
            foreach (var path in new[] { "/etc/passwd", "../../etc/passwd", "out", root.FullName + "/../x", root.FullName + "x/in", "/proc/self/mem" })
                Assert.Equal(-18, client.Do(RawRings.OpenAt(path, 0)).Result);
            Assert.Equal(9, client.Do(RawRings.OpenAt("new", 0x42)).Result);
            Assert.True(File.Exists(Path.Combine(root.FullName, "new")));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public void Sockets_are_read_written_polled_and_through_buffers()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        var (ours, theirs) = Sockets.Pair();
        var file = client.Register(theirs);
        FileCalls.Close(theirs);
        Assert.Equal(4, client.Do(RawRings.Request(RingsKind.Poll, file, (ushort)4, (ushort)0)).Result);
        Assert.Equal(3, client.Do(RawRings.Request(RingsKind.SockWrite, file, 3u, "abc")).Result);
        var buffer = new byte[16];
        Assert.Equal(3, FileCalls.Read(ours, buffer));
        client.Send(RawRings.Request(RingsKind.SockRead, file, 16u));
        client.Submitted();

        // In flight: a release is refused.
        client.Send(RawRings.Request(RingsKind.ReleaseResource, file, 0u));
        Assert.Equal((0u, -16, 31u), client.Resource());
        FileCalls.Write(ours, "data"u8);
        Assert.Equal("data", Encoding.UTF8.GetString(client.Completed().Payload));

        client.Send(RawRings.Request(RingsKind.RegisterBuffer, 2u, 0u, "xy"));
        var (slot, _, left) = client.Resource();
        Assert.Equal((2u, 0u), (slot, left));
        client.Send(RawRings.Request(RingsKind.SockWriteFixed, file, slot, 3u));
        Assert.Equal(Einval, client.Submitted().Result);
        Assert.Equal(2, client.Do(RawRings.Request(RingsKind.SockWriteFixed, file, slot, 2u)).Result);
        Assert.Equal(2, FileCalls.Read(ours, buffer));
        Assert.Equal("xy", Encoding.UTF8.GetString(buffer, 0, 2));
        FileCalls.Write(ours, "12345"u8);
        Assert.Equal("12345", Encoding.UTF8.GetString(client.Do(RawRings.Request(RingsKind.SockReadFixed, file, slot, 16u)).Payload));
        Assert.Equal(5, client.Do(RawRings.Request(RingsKind.SockWriteFixed, file, slot, 5u)).Result);
        client.Send(RawRings.Request(RingsKind.ReleaseResource, slot, 0u), RawRings.Request(RingsKind.ReleaseResource, file, 9u));
        Assert.Equal((slot, 0, 1u), client.Resource());
        Assert.Equal((file, 0, 32u), client.Resource());

        // The daemon let go: nothing more than what was sent, then the end.
        Assert.Equal(5, FileCalls.Read(ours, buffer));
        var since = System.Diagnostics.Stopwatch.StartNew();
        int end;
        while ((end = FileCalls.Read(ours, buffer)) == Eagain && since.Elapsed < TimeSpan.FromSeconds(20))
            Thread.Sleep(1);
        Assert.Equal(0, end);
        FileCalls.Close(ours);
    }

    [Fact]
    public void A_write_to_a_socket_nobody_reads_fails_and_harms_nobody()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        var (ours, theirs) = Sockets.Pair();
        var file = client.Register(theirs);
        FileCalls.Close(theirs);
        FileCalls.Close(ours);
        Assert.Equal(-32, client.Do(RawRings.Request(RingsKind.SockWrite, file, 3u, "abc")).Result);
        Assert.Equal(0, client.Do(RawRings.Prefix(RingsKind.Nop)).Result);
    }

    [Fact]
    public void Connect_and_accept_give_resources_and_addresses()
    {
        using var host = new RingsHost(o => o with { RingEntries = 8 });
        using var client = host.Join();
        var path = host["peer"];
        var listener = Sockets.ListenUnix(path).Value;
        var dialler = Sockets.CreateUnix().Value;
        var listening = client.Register(listener);
        var dialling = client.Register(dialler);
        var address = Sockets.UnixAddress(path);
        Assert.Equal(0, client.Do(RawRings.Request(RingsKind.Connect, dialling, (uint)address.Length, address)).Result);
        var (accepted, payload) = client.Do(RawRings.Request(RingsKind.Accept, listening, 110u));
        Assert.Equal((3, 2), (accepted, payload.Length));
        Assert.Equal(2, client.Do(RawRings.Request(RingsKind.SockWrite, dialling, 2u, "hi")).Result);
        Assert.Equal("hi", Encoding.UTF8.GetString(client.Do(RawRings.Request(RingsKind.SockRead, (uint)accepted, 9u)).Payload));

        // Without address, and with too little room for it.
        var second = Sockets.CreateUnix().Value;
        var secondId = client.Register(second);
        var bound = Sockets.ListenUnix(host["bound"]).Value;
        Assert.Equal(0, client.Do(RawRings.Request(RingsKind.Connect, secondId, (uint)address.Length, address)).Result);
        Assert.Equal(5, client.Do(RawRings.Request(RingsKind.Accept, listening, 0u)).Result);
        using var tcp = new TcpListener(System.Net.IPAddress.Loopback, 0);
        tcp.Start();
        var tcpId = client.Register((int)tcp.Server.Handle);
        using var dial = new TcpClient();
        dial.Connect(System.Net.IPAddress.Loopback, ((System.Net.IPEndPoint)tcp.LocalEndpoint).Port);
        var (kept, cut) = client.Do(RawRings.Request(RingsKind.Accept, tcpId, 4u));
        Assert.Equal((7, 4), (kept, cut.Length));
        foreach (var descriptor in new[] { listener, dialler, second, bound })
            FileCalls.Close(descriptor);
    }

    [Fact]
    public void Timeouts_end_or_are_cancelled_by_others_of_the_same_user()
    {
        using var host = new RingsHost();
        using var one = host.Join();
        using var other = host.Join();
        Assert.Equal(Etime, one.Do(RawRings.Request(RingsKind.Timeout, 1_000_000ul)).Result);
        one.Send(RawRings.Request(RingsKind.Timeout, 3_600_000_000_000ul));
        var (task, _, _) = one.Submitted();
        Assert.Equal(0, other.Do(RawRings.Request(RingsKind.Cancel, task)).Result);
        Assert.Equal(Ecanceled, one.Completed().Result);
        Assert.Equal(Enoent, other.Do(RawRings.Request(RingsKind.Cancel, task)).Result);
        Assert.Equal(Enoent, other.Do(RawRings.Request(RingsKind.Cancel, 999ul)).Result);
    }

    [Fact]
    public void A_cancel_finds_its_place_when_all_credits_are_taken()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        var timeout = RawRings.Request(RingsKind.Timeout, 3_600_000_000_000ul);
        client.Send(timeout, timeout, timeout, timeout);
        var tasks = Enumerable.Range(0, 4).Select(_ => client.Submitted()).ToArray();
        Assert.Equal([2u, 1u, 0u, 0u], tasks.Select(t => t.Credits));
        Assert.Equal((0ul, Eagain), (tasks[3].Task, tasks[3].Result));
        var stats = client.Stats();
        Assert.Equal((3u, 3u, 0u, 1u), (stats.OutstandingTasks, stats.OutstandingCreditTasks, stats.AvailableCredits, stats.ClientsAtCreditLimit));
        client.Send(RawRings.Request(RingsKind.Cancel, tasks[1].Task));
        Assert.Equal((4ul, 0, 0u), client.Submitted());
        var ended = new[] { client.Completed(), client.Completed() }.OrderBy(c => c.Task).ToArray();
        Assert.Equal([(2ul, Ecanceled), (4ul, 0)], ended.Select(e => (e.Task, e.Result)));
        Assert.Equal(1u, client.Stats().AvailableCredits);
    }

    [Fact]
    public void Trace_keeps_the_last_events()
    {
        using var host = new RingsHost();
        using var client = host.Join();
        client.Send(RawRings.Request(RingsKind.GetTrace, 0ul, 256u, 0u));
        Assert.Equal(new byte[24], client.Receive(24));
        client.Do(RawRings.Prefix(RingsKind.Nop, RingsPriority.High));
        client.Send(RawRings.Prioritised(RingsKind.FileRead, RingsPriority.Low, 9u, 7u));
        client.Submitted();
        client.Send(RawRings.Request(RingsKind.GetTrace, 1ul, 256u, 0u));
        Assert.True(RingsTraceHead.TryRead(client.Receive(24), out var head) && head is { OldestSequence: 1, LatestSequence: 3, Count: 2 });
        Assert.True(RingsTraceEvent.TryRead(client.Receive(48), out var completion));
        Assert.Equal((RingsTraceKind.Completion, RingsKind.Nop, RingsPriority.High, 1ul, 3u), (completion.Event, completion.Kind, completion.Priority, completion.Task, completion.Credits));
        Assert.True(RingsTraceEvent.TryRead(client.Receive(48), out var refused));
        Assert.Equal((RingsTraceKind.SubmitReject, RingsKind.FileRead, RingsPriority.Low, 9u, Enoent), (refused.Event, refused.Kind, refused.Priority, refused.Resource, refused.Result));
        for (var i = 0; i < 200; i++)
            client.Do(RawRings.Prefix(RingsKind.Nop));
        client.Send(RawRings.Request(RingsKind.GetTrace, 0ul, 256u, 0u));
        Assert.True(RingsTraceHead.TryRead(client.Receive(24), out var full) && full is { OldestSequence: 148, LatestSequence: 403, Count: 256 });
        client.Receive(48 * 256);
        client.Send(RawRings.Request(RingsKind.GetTrace, ulong.MaxValue, 256u, 0u), RawRings.Request(RingsKind.GetTrace, 0ul, 0u, 0u));
        Assert.True(RingsTraceHead.TryRead(client.Receive(24), out var none) && none.Count == 0);
        Assert.True(RingsTraceHead.TryRead(client.Receive(24), out none) && none.Count == 0);
    }

    [Fact]
    public void Trace_lines_are_those_of_the_original()
    {
        var lines = new List<string>();
        using (var host = new RingsHost(o => o with { JobId = 42, Trace = line => lines.Add(Encoding.UTF8.GetString(line)) }))
        {
            using var client = host.Join();
            client.Do(RawRings.Prefix(RingsKind.Nop));
        }

        var pid = Environment.ProcessId;
        Assert.Equal(4, lines.Count);
        Assert.Matches($"^iouringd metrics phase=ready pid={pid} job_id=42 socket=[^ ]+ active_clients=0 outstanding_tasks=0 outstanding_credit_tasks=0 available_credits=3 registered_files=0 "
            + "registered_buffers=0 accepted_submits=0 rejected_submits=0 completions=0 ring_entries=4 registered_fd_slots=32 registered_buffer_slots=1 io_bytes_max=4096 per_client_credit_limit=3 clients_at_credit_limit=0\n$", lines[0]);
        Assert.Matches($"^iouringd trace sequence=1 timestamp_nsec=[0-9]+ pid={pid} job_id=42 client_slot=0 event=submit_accept task_kind=nop priority=normal task_id=1 resource_id=0 bytes=0 result=0 credits=2\n$", lines[1]);
        Assert.Contains("event=completion task_kind=nop", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("iouringd metrics phase=shutdown", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Only_those_allowed_may_connect_and_one_more_than_allowed_is_closed()
    {
        using (var host = new RingsHost(o => o with { AllowedUids = [4_000_000_000] }))
        {
            using var client = host.Connect();
            client.AssertEnd();
        }

        using (var host = new RingsHost(o => o with { MaxClients = 1 }))
        {
            using var first = host.Join();
            using var second = host.Connect();
            second.AssertEnd();
            first.Dispose();
            host.Await(s => s.ActiveClients == 0);
            using var third = host.Join();
        }
    }

    [Fact]
    public void A_live_socket_and_a_plain_file_stay()
    {
        using var host = new RingsHost();
        Assert.Null(RingsServer.Start(host.Options, out var failure));
        Assert.Equal("binding server socket failed: Address already in use", failure!.Message);
        var file = host["plain"];
        File.WriteAllText(file, "keep");
        Assert.Null(RingsServer.Start(host.Options with { SocketPath = file }, out failure));
        Assert.Equal("keep", File.ReadAllText(file));
        using var client = host.Join();
    }
}

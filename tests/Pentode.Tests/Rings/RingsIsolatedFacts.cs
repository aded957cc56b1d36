using Pentode.Linux;
using Pentode.Rings.Server;
using Pentode.Rings.Wire;
using Pentode.Tests.Uring;

namespace Pentode.Tests.Rings;

/// <summary>Tests that change limits or the user of their process; run by <see cref="RingsIsolatedTests"/>, each in a process of its own.</summary>
public sealed class RingsIsolatedFacts
{
    [Fact(Explicit = true)]
    public void Accepting_rests_when_descriptors_run_out_and_goes_on()
    {
        using var host = new RingsHost();
        using var bystander = host.Join();
        var clients = Enumerable.Range(0, 6).Select(_ => Sockets.CreateUnix().Value).ToArray();
        var old = ProcessLimits.Get(ProcessLimits.OpenFiles);
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, (ulong)LowestFree() + 3);
        foreach (var client in clients)
            Assert.Equal(0, Connect(client, host.Path));
        host.Await(s => s.ActiveClients == 4);
        var processor = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < 20; i++)
            Assert.Equal(-62, bystander.Do(RawRings.Request(RingsKind.Timeout, 20_000_000ul)).Result);
        processor = Environment.CpuUsage.TotalTime - processor;
        Assert.True(processor < TimeSpan.FromMilliseconds(300), $"the server spins: {processor}");
        Assert.Equal(4u, bystander.Stats().ActiveClients);
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, old.Soft);
        host.Await(s => s.ActiveClients == 7);
        foreach (var client in clients)
            FileCalls.Close(client);
        host.Await(s => s.ActiveClients == 1);
    }

    [Fact(Explicit = true)]
    public void One_client_cannot_take_the_descriptors_others_need_to_connect()
    {
        // 80 for the server beyond what is open now: 32 stay spare.
        var old = ProcessLimits.Get(ProcessLimits.OpenFiles);
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, (ulong)DescriptorCount() + 80);
        using var host = new RingsHost(o => o with { RegisteredFds = 1000 });
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, old.Soft);
        using var greedy = host.Join();
        using var file = File.OpenHandle("/dev/null");
        var taken = 0;
        int result;
        do
        {
            greedy.SendWith((int)file.DangerousGetHandle(), RawRings.Prefix(RingsKind.RegisterFd));
            result = greedy.Resource().Result;
            taken += result == 0 ? 1 : 0;
        }
        while (result == 0);
        Assert.Equal(-11, result);
        Assert.InRange(taken, 30, 48);
        greedy.Send(RawRings.OpenAt("/dev/null", 0));
        Assert.Equal(-11, greedy.Submitted().Result);

        // One slot back is enough for one more, and the server goes on for all who are connected.
        greedy.Send(RawRings.Request(RingsKind.ReleaseResource, 1u, 0u));
        Assert.Equal(0, greedy.Resource().Result);
        Assert.True(greedy.Do(RawRings.OpenAt("/dev/null", 0)).Result > 0);
        greedy.Dispose();
        host.Await(s => s is { ActiveClients: 0, RegisteredFiles: 0 });
        using var next = host.Join();
        next.Register((int)file.DangerousGetHandle());
    }

    [Fact(Explicit = true)]
    public void A_client_of_protocol_2_needs_room_for_what_it_may_send()
    {
        // 60 for the server beyond what is open now, of which it uses some and 32 stay spare: enough for one such client, not for two.
        var old = ProcessLimits.Get(ProcessLimits.OpenFiles);
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, (ulong)DescriptorCount() + 60);
        using var host = new RingsHost();
        ProcessLimits.SetSoft(ProcessLimits.OpenFiles, old.Soft);
        using var first = V2.RawRings2.Join(host);
        using var second = new V2.RawRings2(host.Path);
        Assert.Equal(Pentode.Rings.Wire.V2.RingsWire2.StatusFull, second.Greet().Status);
        second.AssertEnd();
        using var third = host.Join();
        Assert.Equal(0, third.Do(RawRings.Prefix(RingsKind.Nop)).Result);
        first.Dispose();
        host.Await(_ => host.Server.Holdings.Descriptors == 2);
        using var fourth = new V2.RawRings2(host.Path);
        Assert.Equal(Pentode.Rings.Wire.V2.RingsWire2.StatusAccept, fourth.Greet().Status);
    }

    [Fact(Explicit = true)]
    public void Without_root_only_the_own_user_is_served()
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.SkipUnless(ProcessLimits.BecomeNobody(), "needs root");
                Assert.Equal(65534u, ThreadIdentity.OwnUid);
                Serve();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });

        thread.Start();
        thread.Join();
        if (failure is not null)
            throw failure;
    }

    private static void Serve()
    {
        var log = new WarningLog();
        using var host = new RingsHost(o => o with { Log = log });
        using var own = host.Join();
        Assert.Equal(0, own.Do(RawRings.Prefix(RingsKind.Nop)).Result);
        Assert.Equal(-13, own.Do(RawRings.OpenAt("/etc/shadow", 0)).Result);

        // The thread pool was started by root and still is.
        Task.Run(() =>
        {
            using var other = host.Connect();
            other.AssertEnd();
        }).GetAwaiter().GetResult();
        Assert.Equal(1u, own.Stats().ActiveClients);
        Assert.Equal(["rings: refused user 0: a server that is not root serves only its own user, 65534; run it as root or as the user it is for, or let everybody act as the server (act_as: server)"], log.Lines);
        using var all = new RingsHost(o => o with { ActAs = RingsActor.Server });
        Task.Run(() =>
        {
            using var other = all.Join();
            Assert.Equal(-13, other.Do(RawRings.OpenAt("/etc/shadow", 0)).Result);
        }).GetAwaiter().GetResult();
    }

    private static int Connect(int socket, string path)
    {
        using var kept = new System.Net.Sockets.Socket(new System.Net.Sockets.SafeSocketHandle(socket, ownsHandle: false)) { Blocking = true };
        kept.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        return 0;
    }

    private static int LowestFree()
    {
        var free = FileCalls.Open("/dev/null", FileCalls.O_RDONLY);
        FileCalls.Close(free);
        return free;
    }

    private static int DescriptorCount() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}

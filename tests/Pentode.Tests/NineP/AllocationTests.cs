using Pentode.Core;
using Pentode.Files.Host;
using Pentode.NineP.Wire;
using Pentode.Testing.Processes;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Requests of the steady state allocate nothing on their loop.</summary>
public sealed class AllocationTests
{
    private const int Rounds = 3000;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Reads_writes_attributes_and_walks_allocate_nothing_in_memory(string engine)
    {
        await using var host = new ServerHost(engine);
        using var c = host.Ready();
        c.Create(1, "f");
        Measure(host, c,
            RawClient.Frame(1, new Twrite { Fid = 1, Data = new byte[4096] }),
            RawClient.Frame(2, new Twrite { Fid = 1, Data = new byte[40000] }),
            RawClient.Frame(3, new Tread { Fid = 1, Count = 4096 }),
            RawClient.Frame(4, new Tread { Fid = 1, Count = 40000 }),
            RawClient.Frame(5, new Tgetattr { Fid = 1, RequestMask = 0x7FF }),
            RawClient.Frame(6, new Twalk { Fid = 0, Newfid = 2, Count = 1, Names = [1, 0, (byte)'f'] }),
            RawClient.Frame(7, new Tclunk { Fid = 2 }));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Reads_writes_attributes_and_clones_allocate_nothing_on_a_directory_of_the_host(string engine)
    {
        using var files = new TemporaryDirectory(memory: true);
        await using var host = new ServerHost(engine, tree: HostTree.Open(files.Path, new HostTreeOptions()).Value);
        using var c = host.Ready();
        c.Create(1, "f");
        Measure(host, c,
            RawClient.Frame(1, new Twrite { Fid = 1, Data = new byte[4096] }),
            RawClient.Frame(3, new Tread { Fid = 1, Count = 4096 }),
            RawClient.Frame(4, new Tread { Fid = 1, Count = 40000 }),
            RawClient.Frame(5, new Tgetattr { Fid = 1, RequestMask = 0x7FF }),
            RawClient.Frame(6, new Twalk { Fid = 0, Newfid = 2 }),
            RawClient.Frame(7, new Tclunk { Fid = 2 }));
    }

    private static void Measure(ServerHost host, RawClient client, params byte[][] requests)
    {
        Run(client, requests, 200);
        var before = host.OnLoop(GC.GetAllocatedBytesForCurrentThread);
        Run(client, requests, Rounds);
        var allocated = host.OnLoop(GC.GetAllocatedBytesForCurrentThread) - before;

        // Tiering and the measuring itself allocate once; a request that did would show Rounds times.
        Assert.InRange(allocated, 0, Rounds * 8);
    }

    private static void Run(RawClient client, byte[][] requests, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            foreach (var request in requests)
            {
                client.Send(request);
                Assert.NotEqual((byte)P9Type.Rlerror, client.Skip());
            }
        }
    }
}

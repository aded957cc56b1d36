using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>In steady state the server allocates nothing for a request.</summary>
public sealed class RingsAllocationTests
{
    [Fact]
    public void A_thousand_requests_allocate_nothing()
    {
        // The trace is called on the thread of the server and sees what that thread allocates.
        long allocated = 0;
        using var host = new RingsHost(o => o with { Trace = _ => Volatile.Write(ref allocated, GC.GetAllocatedBytesForCurrentThread()) });
        using var client = host.Join();
        File.WriteAllBytes(host["data"], new byte[4096]);
        var id = (uint)client.Do(RawRings.OpenAt(host["data"], 2)).Result;
        Requests(client, id, 300);
        var before = Volatile.Read(ref allocated);
        Requests(client, id, 1000);
        Assert.True(Volatile.Read(ref allocated) - before < 1000, $"{Volatile.Read(ref allocated) - before} bytes for 5000 requests");
    }

    private static void Requests(RawRings client, uint id, int count)
    {
        var write = RawRings.Request(RingsKind.FileWrite, id, 100u, new byte[100]);
        var read = RawRings.Request(RingsKind.FileRead, id, 4096u);
        var poll = RawRings.Request(RingsKind.Cancel, 1ul);
        for (var i = 0; i < count; i++)
        {
            client.Do(RawRings.Prefix(RingsKind.Nop));
            client.Do(write);
            client.Do(read);
            client.Do(poll);
            client.Stats();
        }
    }
}

using Pentode.Files.Host;
using Pentode.Testing.Processes;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>Calls of the steady state allocate nothing on their loop.</summary>
public sealed class NfsAllocationTests
{
    private const int Rounds = 3000;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Attributes_access_reads_and_writes_allocate_nothing(string engine)
    {
        using var files = new TemporaryDirectory(memory: true);
        await using var host = new NfsHost(engine, HostTree.Open(files.Path, new HostTreeOptions()).Value, NfsHost.Options with { ObjectIdleMs = 600_000, FileIdleMs = 600_000 });
        using var c = host.Mounted();
        var file = c.Create(c.Root, "f");
        byte[][] calls =
        [
            c.Message(NfsPeer.Nfs, 3, 1, new Xdr().Opaque(file)),
            c.Message(NfsPeer.Nfs, 3, 4, new Xdr().Opaque(file).U32(0x3F)),
            c.Message(NfsPeer.Nfs, 3, 7, new Xdr().Opaque(file).U64(0).U32(4096, 0).Opaque(new byte[4096])),
            c.Message(NfsPeer.Nfs, 3, 6, new Xdr().Opaque(file).U64(0).U32(4096)),
            c.Message(NfsPeer.Nfs, 2, 1, new Xdr().Fixed(file)),
            c.Message(NfsPeer.Nfs, 2, 6, new Xdr().Fixed(file).U32(0, 8192, 0)),
            c.Message(NfsPeer.Nfs, 3, 19, new Xdr().Opaque(c.Root)),
        ];
        Run(c, calls, 200);
        var before = host.OnLoop(GC.GetAllocatedBytesForCurrentThread);
        Run(c, calls, Rounds);
        var allocated = host.OnLoop(GC.GetAllocatedBytesForCurrentThread) - before;
        Assert.True(allocated < Rounds * 8, $"{allocated} bytes in {Rounds * calls.Length} calls");
    }

    private static void Run(NfsPeer c, byte[][] calls, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            foreach (var call in calls)
            {
                c.SendRecord(call);
                Assert.NotNull(c.Receive());
            }
        }
    }
}

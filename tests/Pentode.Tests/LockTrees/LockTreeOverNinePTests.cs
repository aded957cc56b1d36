using Pentode.Core;
using Pentode.NineP.Server;
using Pentode.NineP.Wire;
using Pentode.Tests.NineP;
using Pentode.Tests.Uring;

namespace Pentode.Tests.LockTrees;

/// <summary>Locks taken by the messages of a kernel that mounts the tree over 9P.</summary>
public sealed class LockTreeOverNinePTests
{
    private const uint ReadWrite = 2;
    private const uint NonBlock = 0x800;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_try_does_not_wait_for_a_lock_that_another_node_uses(string engine)
    {
        await using var t = await LockTreeFixture.CreateAsync();
        var held = (await LockTreeFixture.Open(t.B, "l", 2)).Value;
        await LockTreeFixture.Lock(t.A, "l");
        await using var host = new ServerHost(engine, null, null, new NinePExport("locks", t.A));
        using (var client = host.Ready("locks"))
        {
            Assert.Equal(Errno.None, client.Walk(0, 1, "d", "l"));
            Assert.Equal(Errno.ETXTBSY, client.Error(new Tlopen { Fid = 1, Flags = ReadWrite | NonBlock }));

            // The same for one that is made by the way, as open(2) with O_CREAT does.
            var other = (await LockTreeFixture.Open(t.B, "new", 2)).Value;
            Assert.Equal(Errno.None, client.Walk(0, 2, "d"));
            Assert.Equal(Errno.ETXTBSY, client.Error(new Tlcreate { Fid = 2, Name = "new"u8, Flags = ReadWrite | NonBlock, Mode = 0x1B6 }));
            await t.B.Close(other);
            await t.B.Close(held);
            Assert.Equal(Errno.None, client.Error(new Tlopen { Fid = 1, Flags = ReadWrite }));
        }
    }
}

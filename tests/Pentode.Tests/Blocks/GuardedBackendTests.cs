using Pentode.Blocks;
using Pentode.Blocks.Guarded;
using Pentode.Blocks.Memory;
using Pentode.Core;

namespace Pentode.Tests.Blocks;

public sealed class GuardedBackendTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task WithoutTheRightNothingChangesAndReadsGoOn(int goodFor)
    {
        await using var disk = new MemoryBackend(8192);
        var guarded = new GuardedBackend(disk, new SwitchGuard(goodFor));
        Assert.Equal(Errno.ESTALE, await guarded.Write(new byte[] { 1, 2, 3, 4 }, 512, fua: false));
        Assert.Equal(Errno.ESTALE, await guarded.Zero(0, 4096, ZeroFlags.None));
        Assert.Equal(Errno.ESTALE, await guarded.Trim(0, 4096, fua: false));
        Assert.Equal(Errno.ESTALE, await guarded.Flush());
        var read = new byte[4];
        Assert.Equal(Errno.None, await guarded.Read(read, 512));
        Assert.Equal(new byte[4], read);
    }

    [Fact]
    public async Task AChangeMadeAsTheRightWasLostIsNotAcknowledged()
    {
        await using var disk = new MemoryBackend(8192);
        var guarded = new GuardedBackend(disk, new SwitchGuard(goodFor: 2));
        Assert.Equal(Errno.ESTALE, await guarded.Write(new byte[] { 9 }, 0, fua: false));
    }

    [Fact]
    public async Task TheExportTellsWhyItRefuses()
    {
        await using var export = new BlockExport("disk", new GuardedBackend(new MemoryBackend(8192), new SwitchGuard(0, Errno.EAGAIN)));
        Assert.Equal(Errno.EAGAIN, await export.Write(new byte[512], 0, fua: false));
        Assert.Equal(1, export.Errors);
    }
}

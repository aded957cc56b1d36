using Pentode.Blocks;
using Pentode.Blocks.File;
using Pentode.Blocks.Memory;
using Pentode.Core;
using Xunit;

namespace Pentode.Tests.Blocks;

public sealed class BackendTests
{
    [Fact]
    public async Task FullMemoryIsNoSpaceUntilTrimmed()
    {
        await using var export = new BlockExport("m", new MemoryBackend(1 << 20, allocationLimit: 2 * 65536));
        var page = new byte[65536];
        Assert.Equal(Errno.None, await export.Write(page, 0, fua: false));
        Assert.Equal(Errno.None, await export.Write(page, 65536, fua: false));
        Assert.Equal(Errno.ENOSPC, await export.Write(page, 131072, fua: false));
        Assert.Equal(Errno.ENOSPC, await export.Zero(131072, 1, ZeroFlags.NoHole));
        Assert.Equal(Errno.None, await export.Trim(0, 65536, fua: false));
        Assert.Equal(Errno.None, await export.Write(page, 131072, fua: false));
    }

    [Fact]
    public async Task HugeSparseMemoryIsCheap()
    {
        await using var memory = new MemoryBackend(1L << 44);
        Assert.Equal(Errno.None, await memory.Write(new byte[1], (1L << 44) - 1, fua: false));
        var extents = new List<BlockExtent>();
        Assert.Equal(Errno.None, await memory.Extents(0, 1L << 44, 10, extents));
        Assert.Equal([new BlockExtent((1L << 44) - 65536, true, true), new BlockExtent(65536, false, false)], extents);
        Assert.Equal(Errno.None, await memory.Zero(0, 1L << 44, ZeroFlags.None));
        Assert.Equal(0, memory.AllocatedBytes);
    }

    [Fact]
    public async Task SynchronousCallsDoNotAllocate()
    {
        await using var export = new BlockExport("m", new MemoryBackend(1 << 20));
        var buffer = new byte[4096];
        await export.Write(buffer, 0, fua: false);
        for (var i = 0; i < 100; i++)
            _ = export.Read(buffer, 0).Result;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _ = export.Read(buffer, 0).Result;
            _ = export.Write(buffer, 0, fua: false).Result;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void OpenSaysWhatIsWrong()
    {
        Assert.Equal(Errno.ENOENT, FileBackend.Open("/dev/shm/pentode-no-such-file", readOnly: true).Error);
        Assert.Equal(Errno.EISDIR, FileBackend.Open("/tmp", readOnly: true).Error);
        Assert.Equal(Errno.EINVAL, FileBackend.Open("/dev/full", readOnly: false).Error);
    }

    [Fact]
    public async Task TmpfsIsRecognised()
    {
        await using var file = ScratchFile.Open("/dev/shm", 4096);
        Assert.True(file.IsInMemory);
    }
}

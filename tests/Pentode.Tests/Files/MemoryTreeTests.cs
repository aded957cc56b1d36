using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.Testing.Files;
using Xunit;

namespace Pentode.Tests.Files;

public sealed class MemoryTreeTests : TreeConformance
{
    protected override bool ActsAsUsers => true;

    protected override ITreeBackend CreateTree() => new MemoryTree(maximumBytes: 1 << 20);

    [Fact]
    public Task Full_tree_writes_short_and_then_not_at_all() => Check(async () =>
    {
        var made = await Ok(Volume.Create(Root, Top, N("f"), ReadWrite, 0x1A4, 0));
        Assert.Equal(1 << 20, await Ok(Volume.Write(made.File, new byte[(1 << 20) + 1], 0)));
        await Fails(Errno.ENOSPC, Volume.Write(made.File, new byte[1], 1 << 20));
        await Ok(Volume.Unlink(Root, Top, N("f"), directory: false));
        await Ok(Volume.Close(made.File));
        made.Node.Release();
        (await MakeFile(Top, "g", "fits again")).Release();
    });
}

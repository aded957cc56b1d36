using Pentode.Core;
using Pentode.Files;

namespace Pentode.Tests.Names;

/// <summary>Tags through a tree: each row of what is known of pnfs's.</summary>
public sealed class TagLayerTests
{
    [Fact]
    public async Task InheritanceChainsBreakAndHeal()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(), Credentials.Root);
        await shell.Write("/usr/.(tag)(t)", "top");
        await shell.MakeDirectory("/usr/a");
        await shell.MakeDirectory("/usr/a/b");
        await shell.Write("/usr/.(tag)(late)", "late");
        Assert.Equal(".(tag)(t)\n", (await shell.Cat("/usr/a/b/.(tags)()")).Value);
        Assert.Equal(".(tag)(late)\n.(tag)(t)\n", (await shell.Cat("/usr/.(tags)()")).Value);

        // An inherited one follows its source.
        await shell.Write("/usr/.(tag)(t)", "changed");
        Assert.Equal("changed", (await shell.Cat("/usr/a/b/.(tag)(t)")).Value);

        // Written, it is the directory's own, and those below follow that.
        await shell.Write("/usr/a/.(tag)(t)", "mine");
        Assert.Equal("mine", (await shell.Cat("/usr/a/b/.(tag)(t)")).Value);
        Assert.Equal("changed", (await shell.Cat("/usr/.(tag)(t)")).Value);

        // An inherited one cannot be taken away, the own one can.
        Assert.Equal(Errno.None, await shell.Remove("/usr/a/b/.(tag)(t)"));
        Assert.Equal("mine", (await shell.Cat("/usr/a/b/.(tag)(t)")).Value);
        Assert.Equal(Errno.None, await shell.Remove("/usr/a/.(tag)(t)"));
        Assert.Equal("changed", (await shell.Cat("/usr/a/b/.(tag)(t)")).Value);

        // A primary one becomes invalid and can be made again.
        Assert.Equal(Errno.None, await shell.Remove("/usr/.(tag)(t)"));
        Assert.Equal(0ul, (await shell.Stat("/usr/a/b/.(tag)(t)")).Value.Size);
        Assert.Equal(Errno.ENOENT, (await shell.Cat("/usr/a/b/.(tag)(t)")).Error);
        Assert.Equal(Errno.None, await shell.Touch("/usr/.(tag)(t)"));
        Assert.Equal(["a"], await shell.List("/usr"));
    }

    [Fact]
    public async Task MovingADirectoryKeepsItsTagsAndRemovingTheSourceToo()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(), Credentials.Root);
        await shell.MakeDirectory("/usr/x");
        await shell.Write("/usr/x/.(tag)(t)", "from x");
        await shell.MakeDirectory("/usr/x/a");
        Assert.Equal(Errno.None, await shell.Move("/usr/x/a", "/usr/a"));
        Assert.Equal("from x", (await shell.Cat("/usr/a/.(tag)(t)")).Value);
        Assert.Equal(Errno.None, await shell.Remove("/usr/x", directory: true));
        Assert.Equal("from x", (await shell.Cat("/usr/a/.(tag)(t)")).Value);
    }

    [Fact]
    public async Task TagsHaveLimitsOwnersAndRanges()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(), Credentials.Root);
        Assert.Equal(Errno.EFBIG, await shell.Write("/usr/.(tag)(t)", new string('x', 513)));
        Assert.Equal(Errno.None, await shell.Write("/usr/.(tag)(t)", new string('x', 512)));
        Assert.Equal(Errno.EFBIG, await shell.Write("/usr/.(tag)(t)", "y", append: true));
        Assert.Equal(512, (await shell.Cat("/usr/.(tag)(t)")).Value.Length);
        Assert.Equal(Errno.EACCES, await shell.As(1000).Write("/usr/.(tag)(t)", "z"));
        Assert.Equal(Errno.EACCES, await shell.As(1000).Touch("/usr/.(tag)(new)"));
        Assert.Equal(Errno.None, await shell.Change("/usr/.(tag)(t)", new AttributeChange { Uid = 1000 }));
        Assert.Equal(1000u, (await shell.Stat("/usr/.(tag)(t)")).Value.Uid);
        Assert.Equal(Errno.None, await shell.As(1000).Write("/usr/.(tag)(t)", "mine"));
        Assert.Equal("mine", (await shell.Cat("/usr/.(tag)(t)")).Value);
        Assert.Equal(Errno.EINVAL, await shell.Touch($"/usr/.(tag)({new string('n', 63)})"));
        Assert.Equal(Errno.None, await shell.Touch($"/usr/.(tag)({new string('n', 62)})"));
    }
}

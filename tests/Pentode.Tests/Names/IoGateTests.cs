using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Exports;
using Pentode.Names.Tree;

namespace Pentode.Tests.Names;

/// <summary>I/O versus no I/O: the seed's text line by line, and the table of what is refused.</summary>
public sealed class IoGateTests
{
    [Fact]
    public async Task TheSeedsSession()
    {
        await using var host = await NamesHost.Start();
        var admin = new Shell(host.View(IoMode.Full), Credentials.Root);
        var standard = new Shell(host.View(IoMode.Meta), Credentials.Root);

        // On a mount exported with 0 everything reads and writes.
        Assert.Equal(Errno.None, await admin.Write("/usr/README", "hello\n"));
        Assert.Equal("hello\n", (await admin.Cat("/usr/README")).Value);

        // On one exported with 30 neither, and nothing else is amiss.
        Assert.Equal(Errno.EIO, (await standard.Cat("/usr/README")).Error);
        Assert.Equal(Errno.EIO, await standard.Write("/usr/README", "x", append: true));
        Assert.Equal(6ul, (await standard.Stat("/usr/README")).Value.Size);
        Assert.Equal(Errno.None, await standard.Touch("/usr/data"));
        Assert.Equal(Errno.EIO, (await standard.Cat("/usr/data")).Error);

        // The file has to exist before.
        Assert.Equal(Errno.ENOENT, await standard.Touch("/usr/.(fset)(absent)(io)"));
        Assert.Equal(Errno.ENOENT, (await standard.Stat("/usr/absent")).Error);

        Assert.Equal(Errno.None, await standard.Touch("/usr/.(fset)(README)(io)"));
        Assert.Equal("hello\n", (await standard.Cat("/usr/README")).Value);
        Assert.Equal(Errno.None, await standard.Write("/usr/README", "changed\n"));
        Assert.Equal("changed\n", (await admin.Cat("/usr/README")).Value);
        Assert.Equal(Errno.EIO, (await standard.Cat("/usr/data")).Error);
        Assert.DoesNotContain(await standard.List("/usr"), n => n.StartsWith('.'));

        // No effect where I/O is allowed anyhow.
        Assert.Equal("changed\n", (await admin.Cat("/usr/README")).Value);

        // What pnfs 3.1.2 had not implemented.
        Assert.Equal(Errno.None, await standard.Remove("/usr/.(fset)(README)(io)"));
        Assert.Equal(Errno.EIO, (await standard.Cat("/usr/README")).Error);
        Assert.Equal(Errno.ENOENT, await standard.Remove("/usr/.(fset)(README)(io)"));
        Assert.Equal("changed\n", (await admin.Cat("/usr/README")).Value);

        // The attribute goes with the file.
        Assert.Equal(Errno.None, await standard.Touch("/usr/.(fset)(README)(io)(on)"));
        Assert.Equal(Errno.None, await standard.Remove("/usr/README"));
        Assert.Equal(Errno.None, await admin.Write("/usr/README", "new\n"));
        Assert.Equal(Errno.EIO, (await standard.Cat("/usr/README")).Error);
    }

    [Fact]
    public async Task FilesBehindTheWormholeNeedTheFlagEach()
    {
        await using var host = await NamesHost.Start();
        var admin = new Shell(host.View(IoMode.Full), Credentials.Root);
        var standard = new Shell(host.View(IoMode.Meta, root: await host.Number("/usr")), Credentials.Root);
        Assert.Equal(Errno.None, await admin.Write("/admin/etc/config/README", "read me\n"));
        Assert.Equal(Errno.None, await admin.Write("/admin/etc/config/serverId", "lab.example\n"));
        Assert.Equal(["README", "serverId"], await standard.List("/.(config)"));
        Assert.Equal(Errno.EIO, (await standard.Cat("/.(config)()/README")).Error);
        Assert.Equal(Errno.None, await admin.Touch("/admin/etc/config/.(fset)(README)(io)"));
        Assert.Equal("read me\n", (await standard.Cat("/.(config)(README)")).Value);
        Assert.Equal("read me\n", (await standard.Cat("/.(config)/README")).Value);
        Assert.Equal(Errno.EIO, (await standard.Cat("/.(config)(serverId)")).Error);

        // Out of the wormhole there is only where one came from.
        Assert.Equal((await standard.Stat("/")).Value.Id.Path, (await standard.Stat("/.(config)/..")).Value.Id.Path);
        Assert.Equal(Errno.ENOENT, (await standard.Stat("/.(config)(absent)")).Error);
    }

    [Fact]
    public async Task LevelsTagsAndTextsAreNeverGated()
    {
        await using var host = await NamesHost.Start();
        var standard = new Shell(host.View(IoMode.Meta), Credentials.Root);
        Assert.Equal(Errno.None, await standard.Touch("/usr/f"));
        Assert.Equal(Errno.None, await standard.Write("/usr/.(use)(1)(f)", "bfid\n"));
        Assert.Equal("bfid\n", (await standard.Cat("/usr/.(use)(1)(f)")).Value);
        Assert.Equal(Errno.None, await standard.Write("/usr/.(tag)(sGroup)", "raw\n"));
        Assert.Equal("raw\n", (await standard.Cat("/usr/.(tag)(sGroup)")).Value);
        Assert.Equal(37, (await standard.Cat("/usr/.(id)(f)")).Value.Length);
        Assert.Equal(Errno.EIO, (await standard.Cat("/usr/.(use)(0)(f)")).Error);
    }

    [Fact]
    public async Task TruncationIsNoWayAroundTheGate()
    {
        await using var host = await NamesHost.Start();
        var admin = new Shell(host.View(IoMode.Full), Credentials.Root);
        var standard = new Shell(host.View(IoMode.Meta), Credentials.Root);
        Assert.Equal(Errno.None, await admin.Write("/usr/f", "12345"));
        Assert.Equal(Errno.None, await admin.Touch("/usr/empty"));
        Assert.Equal(Errno.EPERM, await standard.Change("/usr/f", new AttributeChange { Size = 0 }));
        Assert.Equal(Errno.EPERM, await standard.Change("/usr/f", new AttributeChange { Size = 5 }));
        Assert.Equal(Errno.EPERM, await standard.Write("/usr/f", ""));
        Assert.Equal(Errno.None, await standard.Change("/usr/empty", new AttributeChange { Size = 0 }));
        Assert.Equal(Errno.EPERM, await standard.Change("/usr/empty", new AttributeChange { Size = 7 }));
        Assert.Equal(Errno.None, await standard.Change("/usr/f", new AttributeChange { Mode = 0x180 }));
        Assert.Equal(5ul, (await standard.Stat("/usr/f")).Value.Size);

        // Recorded elsewhere, the data is not for truncate(2) to change; with the flag it is a file like any other.
        Assert.Equal(Errno.None, await standard.Touch("/usr/.(fset)(empty)(size)(1000)"));
        Assert.Equal(1000ul, (await standard.Stat("/usr/empty")).Value.Size);
        Assert.Equal(0ul, (await standard.Stat("/usr/empty")).Value.Blocks);
        Assert.True((await host.Store.SetStorage(CatalogRequest.Daemon, await host.Number("/usr/empty"), CatalogState.Stored, null, null)).IsOk);
        Assert.Equal(Errno.EPERM, await admin.Change("/usr/empty", new AttributeChange { Size = 10 }));
        Assert.Equal(Errno.None, await standard.Touch("/usr/.(fset)(f)(io)"));
        Assert.Equal(Errno.None, await standard.Change("/usr/f", new AttributeChange { Size = 2 }));
        Assert.Equal("12", (await standard.Cat("/usr/f")).Value);
    }

    [Fact]
    public async Task OnlyRootSetsTheFlagUnlessTheExportSaysOtherwise()
    {
        await using var host = await NamesHost.Start();
        var root = new Shell(host.View(IoMode.Meta), Credentials.Root);
        var strict = root.As(1000);
        var lenient = new Shell(host.View(IoMode.Meta, ownersSetIo: true), Credentials.Root).As(1000);
        var other = new Shell(host.View(IoMode.Meta, ownersSetIo: true), Credentials.Root).As(1001);
        var squashed = new Shell(host.View(IoMode.Meta, options: new VolumeOptions { SquashRoot = true }), Credentials.Root);
        Assert.Equal(Errno.None, await root.Change("/usr", new AttributeChange { Mode = 0x1FF }));
        Assert.Equal(Errno.None, await strict.Touch("/usr/mine"));
        Assert.Equal(Errno.EPERM, await strict.Touch("/usr/.(fset)(mine)(io)"));
        Assert.Equal(Errno.EPERM, await squashed.Touch("/usr/.(fset)(mine)(io)"));
        Assert.Equal(Errno.EPERM, await other.Touch("/usr/.(fset)(mine)(io)"));
        Assert.Equal(Errno.None, await lenient.Touch("/usr/.(fset)(mine)(io)"));
        Assert.Equal(Errno.None, await lenient.Write("/usr/mine", "mine"));
        Assert.Equal("mine", (await lenient.Cat("/usr/mine")).Value);
    }

    [Fact]
    public async Task FiveMebibytesInManyWritesReadBackEverywhere()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(IoMode.Meta), Credentials.Root);
        var content = new byte[5 << 20];
        new Random(5).NextBytes(content);
        await shell.Touch("/usr/f");
        await shell.Touch("/usr/.(fset)(f)(io)");
        foreach (var path in new[] { "/usr/f", "/usr/.(use)(3)(f)" })
        {
            Assert.Equal(Errno.None, await shell.Write(path, content));
            Assert.Equal(content, (await shell.Read(path)).Value);
            var node = (await shell.Find(path)).Value;
            var file = (await shell.Volume.Open(Credentials.Root, node, 0)).Value;
            var random = new Random(6);
            var buffer = new byte[100_000];
            for (var i = 0; i < 50; i++)
            {
                var offset = random.Next(content.Length);
                var count = (await shell.Volume.Read(file, buffer, offset)).Value;
                Assert.Equal(Math.Min(buffer.Length, content.Length - offset), count);
                Assert.True(content.AsSpan(offset, count).SequenceEqual(buffer.AsSpan(0, count)));
            }

            await shell.Volume.Close(file);
            node.Release();
        }

        Assert.Equal(content.Length, (int)(await shell.Stat("/usr/f")).Value.Size);
    }

    [Fact]
    public async Task ContentHasALimit()
    {
        await using var host = await NamesHost.Start(new CatalogOptions { IsRelaxed = true, MaximumContent = 100_000 });
        var shell = new Shell(host.View(), Credentials.Root);
        Assert.Equal(Errno.EFBIG, await shell.Write("/usr/f", new byte[100_001]));
        Assert.Equal(Errno.None, await shell.Write("/usr/g", new byte[100_000]));
    }
}

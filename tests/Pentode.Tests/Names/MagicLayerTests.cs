using System.Globalization;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Exports;
using Pentode.Names.Tree;

namespace Pentode.Tests.Names;

/// <summary>Every magic name of the table, by what tools do with it.</summary>
public sealed class MagicLayerTests
{
    private const string RootId = "000000000000000000000000000000000000";

    [Fact]
    public async Task IdsLeadThereAndBack()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(), Credentials.Root);
        await shell.MakeDirectory("/usr/exp");
        await shell.Touch("/usr/exp/run(7)");
        var id = (await shell.Cat("/usr/exp/.(id)(run(7))")).Value;
        Assert.Matches("^[0-9A-F]{36}\n$", id);
        id = id.TrimEnd();
        Assert.Equal("run(7)\n", (await shell.Cat($"/.(nameof)({id})")).Value);
        Assert.Equal("/usr/exp/run(7)\n", (await shell.Cat($"/.(pathof)({id})")).Value);
        Assert.Equal((await shell.Cat("/usr/.(id)(exp)")).Value, (await shell.Cat($"/admin/.(parent)({id.ToLowerInvariant()})")).Value);
        Assert.Equal((await shell.Stat("/usr/exp/run(7)")).Value.Id.Path, (await shell.Stat($"/admin/.(access)({id})")).Value.Id.Path);
        Assert.Equal(RootId + "\n", (await shell.Cat("/.(id)(.)")).Value);
        Assert.Equal(RootId + "\n", (await shell.Cat("/usr/.(id)(..)")).Value);
        Assert.Equal(Errno.ENOENT, (await shell.Cat($"/.(parent)({RootId})")).Error);
        Assert.Equal(Errno.ENOENT, (await shell.Cat($"/.(nameof)({RootId})")).Error);
        Assert.Equal("/\n", (await shell.Cat($"/.(pathof)({RootId})")).Value);
        Assert.Equal(Errno.ENOENT, (await shell.Cat("/.(nameof)(00000000000000000000ABCD)")).Error);
        Assert.Equal(["run(7)"], await shell.List($"/.(access)({(await shell.Cat("/usr/.(id)(exp)")).Value.TrimEnd()})"));
        var text = (await shell.Cat($"/.(showid)({id})")).Value;
        Assert.Contains($"ID : {id}\n", text, StringComparison.Ordinal);
        Assert.Contains("Type : Regular ( Data )\n", text, StringComparison.Ordinal);
        Assert.Equal((ulong)text.Length, (await shell.Stat($"/.(showid)({id})")).Value.Size);
    }

    [Fact]
    public async Task ByIdNobodyGetsPastADirectoryHeMayNotSearch()
    {
        await using var host = await NamesHost.Start();
        var root = new Shell(host.View(), Credentials.Root);
        await root.MakeDirectory("/usr/closed", 0x1C0);
        await root.MakeDirectory("/usr/closed/open");
        await root.Touch("/usr/closed/open/secret");
        var id = (await root.Cat("/usr/closed/open/.(id)(secret)")).Value.TrimEnd();
        var user = root.As(1000);
        foreach (var command in new[] { "access", "pathof", "nameof", "parent", "showid" })
            Assert.Equal(Errno.EACCES, (await user.Stat($"/usr/.({command})({id})")).Error);
        Assert.Equal(Errno.EACCES, await user.Touch($"/usr/.(pset)({id})(size)(5)"));

        // One way in is enough.
        await root.Link("/usr/closed/open/secret", "/usr/public");
        Assert.True((await user.Stat($"/usr/.(access)({id})")).IsOk);
    }

    [Fact]
    public async Task AViewOfASubtreeShowsNothingElse()
    {
        await using var host = await NamesHost.Start();
        var admin = new Shell(host.View(), Credentials.Root);
        await admin.MakeDirectory("/usr/exp");
        await admin.Touch("/usr/exp/f");
        await admin.Write("/admin/etc/config/c", "c");
        var outside = (await admin.Cat("/.(id)(admin)")).Value.TrimEnd();
        var inside = (await admin.Cat("/usr/exp/.(id)(f)")).Value.TrimEnd();
        var view = new Shell(host.View(root: await host.Number("/usr")), Credentials.Root);
        Assert.Equal((await view.Stat("/")).Value.Id.Path, (await view.Stat("/..")).Value.Id.Path);
        Assert.True((await view.Stat($"/.(access)({inside})")).IsOk);
        Assert.Equal(Errno.ENOENT, (await view.Stat($"/.(access)({outside})")).Error);
        var handle = (await admin.Find("/admin")).Value.Handle.Value;
        Assert.Equal(Errno.ESTALE, (await view.Volume.OpenHandle(handle)).Error);
        Assert.True((await view.Volume.OpenHandle((await admin.Find("/usr/exp/f")).Value.Handle.Value)).IsOk);
        Assert.True((await view.Volume.OpenHandle((await view.Find("/.(config)(c)")).Value.Handle.Value)).IsOk);
        Assert.Equal(Errno.None, await admin.Move("/usr/exp", "/admin/exp"));
        Assert.Equal(Errno.ESTALE, (await view.Volume.OpenHandle((await admin.Find("/admin/exp/f")).Value.Handle.Value)).Error);
    }

    [Fact]
    public async Task LevelsAreFilesOfTheirOwn()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(IoMode.Meta), Credentials.Root);
        await shell.Touch("/usr/f");
        Assert.Equal(Errno.ENOENT, (await shell.Stat("/usr/.(use)(4)(f)")).Error);
        Assert.Equal(Errno.None, await shell.Touch("/usr/.(use)(4)(f)"));
        Assert.Equal(0x81A4u, (await shell.Stat("/usr/.(use)(4)(f)")).Value.Mode);
        Assert.Equal(Errno.None, await shell.Write("/usr/.(use)(4)(f)", "VOLUME\n0001\n"));
        Assert.Equal(Errno.None, await shell.Write("/usr/.(use)(4)(f)", "more\n", append: true));
        Assert.Equal("VOLUME\n0001\nmore\n", (await shell.Cat("/usr/.(use)(4)(f)")).Value);
        Assert.Equal(17ul, (await shell.Stat("/usr/.(use)(4)(f)")).Value.Size);
        var id = (await shell.Cat("/usr/.(id)(f)")).Value.TrimEnd();
        Assert.Equal("VOLUME\n0001\nmore\n", (await shell.Cat($"/.(access)({id})(4)")).Value);
        Assert.Equal((await shell.Stat("/usr/f")).Value.Id.Path, (await shell.Stat("/usr/.(use)(0)(f)")).Value.Id.Path);
        await shell.Write("/usr/.(use)(1)(f)", "bfid");

        // Removing a level removes that level: not the file, not the others, and nothing is on its way to be freed.
        Assert.Equal(Errno.None, await shell.Remove("/usr/.(use)(4)(f)"));
        Assert.Equal(Errno.ENOENT, (await shell.Stat("/usr/.(use)(4)(f)")).Error);
        Assert.Equal("bfid", (await shell.Cat("/usr/.(use)(1)(f)")).Value);
        Assert.True((await shell.Stat("/usr/f")).IsOk);
        Assert.Empty((await host.Store.ListTrash(0, 10)).Value);
        Assert.Empty((await host.Store.ListReclaim(0, 10)).Value);
        Assert.Equal(Errno.EACCES, await shell.Remove("/usr/.(use)(0)(f)"));
        Assert.Equal(Errno.EACCES, await shell.Remove($"/usr/.(access)({id})"));
        Assert.True((await shell.Stat("/usr/f")).IsOk);
    }

    [Fact]
    public async Task WhatWasRemovedGoesToMassStorageOnceAndCompletely()
    {
        await using var host = await NamesHost.Start(new CatalogOptions { IsRelaxed = true, TrashGrace = TimeSpan.Zero });
        var shell = new Shell(host.View(IoMode.Meta), Credentials.Root);
        await shell.Touch("/usr/f");
        await shell.Write("/usr/.(use)(1)(f)", "bfid");
        await shell.Touch("/usr/.(use)(2)(f)");
        await shell.Write("/usr/.(use)(4)(f)", "xref");
        await shell.Link("/usr/f", "/usr/g");
        await shell.Remove("/usr/f");
        while ((await host.Store.Maintain()).Value)
        {
        }

        Assert.Empty((await host.Store.ListReclaim(0, 10)).Value);
        await shell.Remove("/usr/g");

        // The last to let go of it ends it, a moment later.
        var queue = (await host.Store.ListReclaim(0, 10)).Value;
        for (var i = 0; i < 500 && queue.Count == 0; i++)
        {
            await Task.Delay(10);
            await host.Store.Maintain();
            queue = (await host.Store.ListReclaim(0, 10)).Value;
        }

        Assert.Equal([(0, 1, "bfid"), (0, 4, "xref")], queue.Where(q => q.Kind == 0).Select(q => (q.Kind, q.Slot, System.Text.Encoding.ASCII.GetString(q.Body))));
        Assert.Equal(2, queue[^1].Kind);
    }

    [Fact]
    public async Task SizeIsSetOnceAndTakenBack()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(IoMode.Meta), Credentials.Root);
        await shell.Touch("/usr/f");
        Assert.Equal(Errno.ENOENT, (await shell.Stat("/usr/.(fset)(f)(size)(0)")).Error);
        Assert.Equal(Errno.None, await shell.Touch("/usr/.(fset)(f)(size)(5000000000)"));
        Assert.Equal(5_000_000_000ul, (await shell.Stat("/usr/f")).Value.Size);
        Assert.Equal("5000000000\n", (await shell.Cat("/usr/.(get)(f)(size)")).Value);
        Assert.Equal(Errno.None, await shell.Touch("/usr/.(fset)(f)(size)(5000000000)"));
        Assert.Equal(Errno.EEXIST, await shell.Touch("/usr/.(fset)(f)(size)(7)"));
        Assert.Equal(Errno.ENOENT, await shell.Remove("/usr/.(fset)(f)(size)(7)"));
        Assert.Equal(Errno.None, await shell.Remove("/usr/.(fset)(f)(size)(5000000000)"));
        Assert.Equal(0ul, (await shell.Stat("/usr/f")).Value.Size);
        var id = (await shell.Cat("/usr/.(id)(f)")).Value.TrimEnd();
        Assert.Equal(Errno.None, await shell.Touch($"/.(pset)({id})(size)(12)"));
        Assert.Equal(12ul, (await shell.Stat("/usr/f")).Value.Size);
    }

    [Fact]
    public async Task ChecksumsPinsAndLocations()
    {
        await using var host = await NamesHost.Start();
        var root = new Shell(host.View(IoMode.Meta), Credentials.Root);
        await root.Change("/usr", new AttributeChange { Mode = 0x1FF });
        var user = root.As(1000);
        await user.Touch("/usr/f");
        Assert.Equal("NONE\n", (await user.Cat("/usr/.(get)(f)(locality)")).Value);
        Assert.Equal("", (await user.Cat("/usr/.(get)(f)(checksums)")).Value);
        Assert.Equal(Errno.None, await user.Touch("/usr/.(fset)(f)(checksum)(ADLER32)(00C0FFEE)"));
        Assert.Equal("ADLER32:00c0ffee\n", (await user.Cat("/usr/.(get)(f)(checksum)")).Value);
        Assert.Equal(Errno.EPERM, await user.Touch("/usr/.(fset)(f)(checksum)(ADLER32)(00000001)"));
        Assert.Equal(Errno.None, await root.Touch("/usr/.(fset)(f)(checksum)(ADLER32)(00000001)"));
        Assert.Equal(Errno.EPERM, await user.Remove("/usr/.(fset)(f)(checksum)(ADLER32)(00000001)"));
        Assert.Equal(Errno.None, await root.Remove("/usr/.(fset)(f)(checksum)(ADLER32)(00000001)"));
        Assert.Contains("ADLER32\n", (await user.Cat("/usr/.(checksums)()")).Value, StringComparison.Ordinal);

        Assert.Equal(Errno.None, await user.Touch("/usr/.(fset)(f)(pin)(5)(MINUTES)"));
        Assert.Matches("^[0-9]+\t[^\t]+Z\t[^\t]+Z\t\"1000\"\tREMOVABLE\tPINNING\n$", (await user.Cat("/usr/.(get)(f)(pins)")).Value);
        Assert.True((await user.Stat("/usr/.(fset)(f)(pin)")).IsOk);
        Assert.Equal(Errno.ENOENT, (await root.Stat("/usr/.(fset)(f)(pin)")).Error);
        Assert.Equal(Errno.None, await user.Touch("/usr/.(fset)(f)(unpin)"));
        Assert.Equal("", (await user.Cat("/usr/.(get)(f)(pins)")).Value);

        const string Uri = "hsm://tape/?store=cms&group=raw&bfid=1";
        Assert.Equal(Errno.None, await user.Write("/usr/.(suri)(f)", Uri + "\n"));
        Assert.Equal(Errno.None, await user.Write("/usr/.(suri)(f)", Uri.Replace("bfid=1", "bfid=2", StringComparison.Ordinal) + "\n", append: true));
        Assert.Equal(2, (await user.Cat("/usr/.(suri)(f)")).Value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(Errno.EINVAL, await user.Write("/usr/.(suri)(f)", "no uri\n", append: true));
        Assert.Equal(Errno.EINVAL, await user.Write("/usr/.(suri)(f)", "hsm://tape/\n", append: true));
        Assert.Equal("NEARLINE\n", (await user.Cat("/usr/.(get)(f)(locality)")).Value);
        Assert.Equal(Errno.None, await user.Remove("/usr/.(suri)(f)"));
        Assert.Equal("", (await user.Cat("/usr/.(suri)(f)")).Value);
    }

    [Fact]
    public async Task TextsAboutThePlace()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(IoMode.Meta, root: await host.Number("/usr")), Credentials.Root);
        var cursor = (await shell.Cat("/.(get)(cursor)")).Value.Split('\n');
        Assert.StartsWith("dirID=", cursor[0], StringComparison.Ordinal);
        Assert.StartsWith("dirPerm=", cursor[1], StringComparison.Ordinal);
        Assert.Equal("mountID=" + cursor[0][6..], cursor[2]);
        Assert.Equal($"pentode:0:r:enabled:{host.Store.Info.Id}\n", (await shell.Cat("/.(get)(database)")).Value);
        Assert.Equal($"pentode:0:r:enabled:{host.Store.Info.Id}\n", (await shell.Cat("/.(get)(database)(0)")).Value);
        Assert.Equal(Errno.ENOENT, (await shell.Cat("/.(get)(database)(1)")).Error);
        Assert.Contains("objects=", (await shell.Cat("/.(get)(counters)")).Value, StringComparison.Ordinal);
        Assert.Equal("pentode test names\n", (await shell.Cat("/.(const)(D)")).Value);
        Assert.Equal(Errno.EROFS, await shell.Write("/.(const)(D)", "x"));
        Assert.Equal(Errno.EACCES, await shell.Remove("/.(const)(D)"));
        Assert.Equal(0x8124u, (await shell.Stat("/.(const)(D)")).Value.Mode);
    }

    [Fact]
    public async Task WhatIsNotUnderstoodIsNeverMade()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(), Credentials.Root);
        foreach (var name in new[] { ".(tg)(x)", ".(tag)", ".(puse)(1)(x)", ".(layers)(x)", ".(get)(postion)", ".(", ".(use)(9)(x)" })
        {
            Assert.Equal(Errno.ENOENT, (await shell.Stat("/usr/" + name)).Error);
            Assert.Equal(Errno.EINVAL, await shell.Touch("/usr/" + name));
            Assert.Equal(Errno.EINVAL, await shell.MakeDirectory("/usr/" + name));
        }

        await shell.Touch("/usr/f");
        Assert.Equal(Errno.EINVAL, await shell.Move("/usr/f", "/usr/.(tg)(x)"));
        Assert.Equal(Errno.EPERM, await shell.Move("/usr/.(use)(0)(f)", "/usr/g"));
        Assert.Equal(Errno.EINVAL, await shell.Link("/usr/f", "/usr/.(id)(f)"));
        Assert.Equal(["f"], await shell.List("/usr"));
    }

    [Fact]
    public async Task MagicIsAMatterOfTheView()
    {
        await using var host = await NamesHost.Start();
        var off = new Shell(host.View(magic: MagicMode.Off), Credentials.Root);
        var lax = new Shell(host.View(magic: MagicMode.Lax), Credentials.Root);
        Assert.Equal(Errno.None, await off.Touch("/usr/.(id)(f)"));
        Assert.Equal(Errno.None, await lax.Touch("/usr/.(tg)(x)"));
        Assert.Equal([".(id)(f)", ".(tg)(x)"], await off.List("/usr"));
        Assert.Equal(Errno.ENODATA, (await off.GetAttribute("/usr/.(tg)(x)", "user.pnfs.id")).Error);
        Assert.Equal(37, (await lax.Cat("/usr/.(id)(.(tg)(x))")).ValueOrDefault?.Length ?? 37);
        Assert.Equal(Errno.ENOENT, (await lax.Stat("/usr/.(id)(f)")).Error);
    }

    [Fact]
    public async Task WhatASolarisClientSetsAfterwardsHarmsNothing()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(IoMode.Meta), Credentials.Root);
        await shell.Touch("/usr/f");
        var before = (await shell.Stat("/usr/f")).Value;
        await shell.Touch("/usr/.(fset)(f)(io)");
        Assert.Equal(Errno.None, await shell.Change("/usr/.(fset)(f)(io)", new AttributeChange { Gid = 12 }));
        Assert.Equal(Errno.None, await shell.Change("/usr/.(fset)(f)(io)", new AttributeChange { Mode = 0x1FF, Uid = 5 }));
        var after = (await shell.Stat("/usr/f")).Value;
        Assert.Equal((before.Mode, before.Uid, before.Gid), (after.Mode, after.Uid, after.Gid));
        Assert.Equal((0x8080u, 0u), ((await shell.Stat("/usr/.(fset)(f)(io)")).Value.Mode, (await shell.Stat("/usr/.(fset)(f)(io)")).Value.Uid));

        // Chimera acts when times are set on a name that is there already.
        await host.Store.SetIo(CatalogRequest.Daemon, await host.Number("/usr/f"), isEnabled: true);
        var node = (await shell.Find("/usr/.(fset)(f)(io)")).Value;
        await host.Store.SetIo(CatalogRequest.Daemon, await host.Number("/usr/f"), isEnabled: false);
        Assert.Equal(Errno.None, await shell.Volume.SetAttributes(Credentials.Root, node, new AttributeChange { SetModifyTime = true }));
        Assert.True((await shell.Stat("/usr/.(fset)(f)(io)")).IsOk);
        node.Release();
    }

    [Fact]
    public async Task EveryNodeHasAHandleThatOutlivesTheDaemon()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(IoMode.Meta), Credentials.Root);
        await shell.Touch("/usr/f");
        await shell.Write("/usr/.(use)(2)(f)", "level");
        await shell.Write("/usr/.(tag)(t)", "tag");
        await shell.Touch("/usr/.(fset)(f)(io)");
        await shell.Touch("/usr/.(fset)(f)(size)(9)");
        await shell.Touch("/usr/.(fset)(f)(pin)");
        await shell.Touch("/usr/.(fset)(f)(checksum)(CRC32)(00000000)");
        await shell.SetAttribute("/usr/f", "user.pnfs.label.best", "");
        string[] names =
        [
            "f", ".(id)(f)", ".(use)(2)(f)", ".(tag)(t)", ".(tags)()", ".(const)(D)", ".(get)(cursor)", ".(get)(database)", ".(get)(counters)", ".(get)(f)(locality)",
            ".(checksums)()", ".(suri)(f)", ".(fset)(f)(io)", ".(fset)(f)(size)(9)", ".(fset)(f)(pin)", ".(fset)(f)(checksum)(CRC32)(00000000)", ".(config)",
            ".(collection)", ".(collection)/best",
        ];
        var handles = new List<(string Name, NodeHandle Handle, ulong Path)>();
        foreach (var name in names)
        {
            var node = (await shell.Find("/usr/" + name)).Value;
            handles.Add((name, node.Handle.Value, node.Id.Path));
            node.Release();
        }

        Assert.Equal(handles.Count, handles.Select(h => h.Handle).Distinct().Count());
        Assert.Equal(handles.Count, handles.Select(h => h.Path).Distinct().Count());
        await host.Restart();
        var again = new Shell(host.View(IoMode.Meta), Credentials.Root);
        foreach (var (name, handle, path) in handles)
        {
            var node = await again.Volume.OpenHandle(handle);
            Assert.True(node.IsOk, name);
            Assert.Equal(path, node.Value.Id.Path);
            Assert.True((await again.Volume.GetAttributes(Credentials.Root, node.Value)).IsOk, name);
            node.Value.Release();
        }

        await again.Remove("/usr/f");
        foreach (var (name, handle, _) in handles.Where(h => h.Name.Contains("(f)", StringComparison.Ordinal) || h.Name == "f"))
            Assert.Equal((name, Errno.ESTALE), (name, (await again.Volume.OpenHandle(handle)).Error));
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var forged = new NodeHandle((byte)random.Next(32), (ulong)random.NextInt64(0, 40), (ulong)random.NextInt64(0, 40));
            (await again.Volume.OpenHandle(forged)).ValueOrDefault?.Release();
        }
    }

    [Fact]
    public async Task LabelsAreDirectories()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(), Credentials.Root);
        await shell.Touch("/usr/a");
        await shell.Touch("/usr/b");
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/a", "user.pnfs.label.best", ""));
        var id = (await shell.Cat("/usr/.(id)(a)")).Value.TrimEnd();
        Assert.Equal(["best"], await shell.List("/.(collection)"));
        Assert.Equal([id], await shell.List("/.(collection)/best"));
        Assert.Equal((await shell.Stat("/usr/a")).Value.Id.Path, (await shell.Stat($"/.(collection)/best/{id}")).Value.Id.Path);
        Assert.Equal(Errno.ENOENT, (await shell.Stat("/.(collection)/worst")).Error);
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/a", "user.pnfs.label.best", null));
        Assert.Empty(await shell.List("/.(collection)"));
    }

    [Fact]
    public async Task ExtendedAttributesSayAndDoTheSame()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(IoMode.Meta), Credentials.Root);
        await shell.Touch("/usr/f");
        Assert.Equal((await shell.Cat("/usr/.(id)(f)")).Value.TrimEnd(), (await shell.GetAttribute("/usr/f", "user.pnfs.id")).Value);
        Assert.Equal("0", (await shell.GetAttribute("/usr/f", "user.pnfs.io")).Value);
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/f", "user.pnfs.io", "1"));
        Assert.True((await shell.Stat("/usr/.(fset)(f)(io)")).IsOk);
        Assert.Equal(Errno.EINVAL, await shell.SetAttribute("/usr/f", "user.pnfs.io", "yes"));
        Assert.Equal(Errno.EPERM, await shell.As(0).As(1000).SetAttribute("/usr/f", "user.pnfs.io", "0"));
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/f", "user.pnfs.level.3", "three"));
        Assert.Equal("three", (await shell.Cat("/usr/.(use)(3)(f)")).Value);
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/f", "user.pnfs.level.3", null));
        Assert.Equal(Errno.ENODATA, (await shell.GetAttribute("/usr/f", "user.pnfs.level.3")).Error);
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr", "user.pnfs.tag.sGroup", "raw"));
        Assert.Equal("raw", (await shell.Cat("/usr/.(tag)(sGroup)")).Value);
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/f", "user.pnfs.checksum.SHA1", new string('a', 40)));
        Assert.Equal(Errno.EINVAL, await shell.SetAttribute("/usr/f", "user.pnfs.checksum.SHA1", "aa"));
        Assert.Equal(new string('a', 40), (await shell.GetAttribute("/usr/f", "user.pnfs.checksum.SHA1")).Value);
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/f", "user.pnfs.size", 77.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(77ul, (await shell.Stat("/usr/f")).Value.Size);
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/f", "user.pnfs.locations", "hsm://t/?b=1\nhsm://t/?b=2"));
        Assert.Equal("hsm://t/?b=1\nhsm://t/?b=2", (await shell.GetAttribute("/usr/f", "user.pnfs.locations")).Value);
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/f", "user.pnfs.io", null));
        Assert.Equal(Errno.EIO, (await shell.Cat("/usr/f")).Error);
        Assert.Equal(Errno.EPERM, await shell.SetAttribute("/usr/f", "user.pnfs.unheard", "x"));
        Assert.Equal(Errno.None, await shell.SetAttribute("/usr/f", "user.mine", "x"));
        Assert.Equal("x", (await shell.GetAttribute("/usr/f", "user.mine")).Value);
    }

    [Fact]
    public async Task MkdirOfADatabaseIsAPlainOne()
    {
        await using var host = await NamesHost.Start();
        var shell = new Shell(host.View(), Credentials.Root);
        Assert.Equal(Errno.None, await shell.MakeDirectory("/usr/.(0)(top)"));
        Assert.Equal(["top"], await shell.List("/usr"));
        Assert.Equal(Errno.EINVAL, await shell.MakeDirectory("/usr/.(3)(top3)"));
        Assert.Equal(Errno.EINVAL, await shell.Touch("/usr/.(0)(file)"));
    }
}

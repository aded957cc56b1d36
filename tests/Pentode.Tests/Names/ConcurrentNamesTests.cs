using Pentode.Core;
using Pentode.Files;
using Pentode.Testing.Files;

namespace Pentode.Tests.Names;

/// <summary>Many at once in one namespace: nothing is lost, listed twice or put below itself.</summary>
public sealed class ConcurrentNamesTests
{
    private const int Creators = 64;
    private const int Each = 20;

    [Fact]
    public async Task SixtyFourCreatorsLoseNothing()
    {
        await using var host = await NamesHost.Start();
        var volume = host.View();
        var shell = new Shell(volume, Credentials.Root);
        var before = (await shell.Stat("/usr")).Value;
        await Task.WhenAll(Enumerable.Range(0, Creators).Select(c => Task.Run(async () =>
        {
            var mine = new Shell(volume, Credentials.Root);
            for (var i = 0; i < Each; i++)
                Assert.Equal(Errno.None, await (i % 4 == 0 ? mine.MakeDirectory($"/usr/d{c}.{i}") : mine.Touch($"/usr/f{c}.{i}")));
        })));
        var names = await shell.List("/usr");
        Assert.Equal(Creators * Each, names.Count);
        Assert.Equal(Creators * Each, names.Distinct().Count());
        var after = (await shell.Stat("/usr")).Value;
        Assert.Equal(before.LinkCount + (Creators * Each / 4), after.LinkCount);
        Assert.True((after.ModifyTime.Seconds, after.ModifyTime.Nanoseconds).CompareTo((before.ModifyTime.Seconds, before.ModifyTime.Nanoseconds)) > 0);
    }

    [Fact]
    public async Task OpposingRenamesNeverMakeALoop()
    {
        await using var host = await NamesHost.Start();
        var volume = host.View();
        var shell = new Shell(volume, Credentials.Root);
        for (var round = 0; round < 50; round++)
        {
            await shell.MakeDirectory("/usr/a");
            await shell.MakeDirectory("/usr/b");
            var results = await Task.WhenAll(
                Task.Run(() => new Shell(volume, Credentials.Root).Move("/usr/a", "/usr/b/a")),
                Task.Run(() => new Shell(volume, Credentials.Root).Move("/usr/b", "/usr/a/b")));
            Assert.Single(results, e => e == Errno.None);
            var top = Assert.Single(await shell.List("/usr"));
            var below = Assert.Single(await shell.List("/usr/" + top));
            Assert.Equal(Errno.None, await shell.Remove($"/usr/{top}/{below}", directory: true));
            Assert.Equal(Errno.None, await shell.Remove("/usr/" + top, directory: true));
        }
    }

    [Fact]
    public async Task AListingSeesWhatStaysOnceWhateverComesAndGoes()
    {
        await using var host = await NamesHost.Start();
        var volume = host.View();
        var shell = new Shell(volume, Credentials.Root);
        for (var i = 0; i < 300; i++)
            await shell.Touch($"/usr/stays{i}");
        using var stop = new CancellationTokenSource();
        var storm = Task.Run(async () =>
        {
            var other = new Shell(volume, Credentials.Root);
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await other.Touch($"/usr/goes{i}");
                await other.Remove($"/usr/goes{i}");
            }
        });
        var node = (await shell.Find("/usr")).Value;
        for (var round = 0; round < 10; round++)
        {
            var open = (await volume.Open(Credentials.Root, node, 0)).Value;
            var list = new EntryList(17);
            for (var last = -1; last != list.Entries.Count;)
            {
                last = list.Entries.Count;
                list.Reset();
                Assert.Equal(Errno.None, await volume.ReadDirectory(open, last == 0 ? 0 : list.Entries[^1].Cookie, list));
            }

            await volume.Close(open);
            Assert.Equal(300, list.Entries.Count(e => e.Name.StartsWith("stays", StringComparison.Ordinal)));
            Assert.Equal(list.Entries.Count, list.Entries.Select(e => e.Name).Distinct().Count());
        }

        node.Release();
        await stop.CancelAsync();
        await storm;
    }
}

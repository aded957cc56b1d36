using System.Net;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Exports;
using Pentode.Names.Tree;

namespace Pentode.Tests.Names;

/// <summary>Export files inside the namespace, in force.</summary>
public sealed class HostExportsTests
{
    private static readonly IPAddress s_a = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress s_b = IPAddress.Parse("10.0.0.2");

    [Fact]
    public async Task TheShippedFilesLetThisMachineAloneMount()
    {
        await using var host = await NamesHost.Start();
        await using var exports = new HostExports(host.Shared, host.Log);
        await exports.StartAsync();
        Assert.Equal(["/pnfs", "/fs", "/admin"], exports.For(IPAddress.Loopback).Select(g => g.Path));
        Assert.Equal(3, exports.For(IPAddress.IPv6Loopback).Count);
        Assert.Empty(exports.For(s_a));
        Assert.Equal(["/admin", "/fs", "/pnfs"], exports.Listing.Select(l => l.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task HostsSeeTheSameTreeEachByItsOwnRules()
    {
        await using var host = await NamesHost.Start();
        var admin = new Shell(host.View(), Credentials.Root);
        await admin.Write("/usr/f", "data");
        await admin.Write("/admin/etc/exports/10.0.0.1", "/pnfs /0/root/fs/usr 30 nooptions\n");
        await admin.Write("/admin/etc/exports/10.0.0.2", "/pnfs /0/root/fs/usr 0 nooptions\n");
        await admin.Write("/admin/etc/exports/trusted/10.0.0.2", "15\n");
        await using var exports = new HostExports(host.Shared, host.Log);
        await exports.StartAsync();
        var a = Assert.Single(exports.For(s_a));
        var b = Assert.Single(exports.For(s_b));
        Assert.Equal(a.Id, b.Id);
        Assert.InRange(a.Id, 0x8000, 0xFFFF);
        var one = new Shell(a.Volume, Credentials.Root);
        var two = new Shell(b.Volume, Credentials.Root);
        Assert.Equal(Errno.EIO, (await one.Cat("/f")).Error);
        Assert.Equal("data", (await two.Cat("/f")).Value);

        // Handles are the same, rights are not; root is root only where it is trusted.
        Assert.Equal((await one.Find("/f")).Value.Handle.Value, (await two.Find("/f")).Value.Handle.Value);
        Assert.Equal(Errno.EPERM, await one.Touch("/.(fset)(f)(io)"));
        Assert.Equal(Errno.None, await two.Touch("/.(fset)(f)(io)"));
        Assert.Equal("data", (await one.Cat("/f")).Value);
    }

    [Fact]
    public async Task AnEditTakesEffectAndABrokenOneDoesNot()
    {
        await using var host = await NamesHost.Start();
        var admin = new Shell(host.View(), Credentials.Root);
        await using var exports = new HostExports(host.Shared, host.Log);
        await exports.StartAsync();
        await admin.Write("/admin/etc/exports/10.0.0.1", "/pnfs /0/root/fs/usr 30 nooptions\n");
        await Until(() => exports.For(s_a).Count == 1);
        var id = exports.For(s_a)[0].Id;
        await admin.Write("/admin/etc/exports/10.0.0.1", "/pnfs /0/root/fs/usr 15 nooptions\n");
        await Until(() => host.Log.Lines.Any(l => l.Message.Contains("10.0.0.1:1: the I/O field must be 30", StringComparison.Ordinal)));
        Assert.Single(exports.For(s_a));
        await admin.Write("/admin/etc/exports/10.0.0.1", "/pnfs /0/root/fs/nowhere 30 nooptions\n");
        await Until(() => host.Log.Lines.Any(l => l.Message.Contains("'/nowhere', exported as /pnfs, is no directory", StringComparison.Ordinal)));
        Assert.Single(exports.For(s_a));
        await admin.Write("/admin/etc/exports/new", "/pnfs / 30\n");
        await admin.Move("/admin/etc/exports/new", "/admin/etc/exports/10.0.0.1");
        await Until(() => exports.For(s_a) is [{ } g] && g.Volume.Attach().Value.Id.Path == 1);
        Assert.Equal(id, exports.For(s_a)[0].Id);
        await admin.Remove("/admin/etc/exports/10.0.0.1");
        await Until(() => exports.For(s_a).Count == 0);
    }

    [Fact]
    public async Task WhatIsInForceAlreadyIsNotReadAgain()
    {
        await using var host = await NamesHost.Start();
        var admin = new Shell(host.View(), Credentials.Root);
        await admin.Write("/admin/etc/exports/10.0.0.1", "/pnfs /0/root/fs/usr 30 nooptions\n");
        await using var exports = new HostExports(host.Shared, host.Log);
        await exports.StartAsync();
        var version = exports.Version;
        await admin.Write("/admin/etc/exports/10.0.0.1", "/pnfs /0/root/fs/usr 30 nooptions\n");
        await Task.Delay(400);
        await admin.Write("/admin/etc/exports/10.0.0.2", "/pnfs /0/root/fs/usr 30 nooptions\n");
        await Until(() => exports.For(s_b).Count == 1);
        Assert.Equal(version + 1, exports.Version);
        Assert.Single(host.Log.Lines, l => l.Message.Contains("is read again", StringComparison.Ordinal));
    }

    private static async Task Until(Func<bool> isSo)
    {
        for (var i = 0; i < 1000 && !isSo(); i++)
            await Task.Delay(20);
        Assert.True(isSo());
    }
}

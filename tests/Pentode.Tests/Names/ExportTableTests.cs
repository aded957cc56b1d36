using System.Net;
using System.Text;
using Pentode.Names.Exports;

namespace Pentode.Tests.Names;

public sealed class ExportTableTests
{
    [Fact]
    public void ShippedFilesMeanWhatTheySay()
    {
        var table = Build(
            ("0.0.0.0..0.0.0.0", "/pnfs  /0/root/fs/usr/   30 nooptions\n"),
            ("127.0.0.1", "/fs    /0/root/fs         0 nooptions\n/admin /0/root/fs/admin   0 nooptions\n"));
        var everybody = Assert.Single(table.For(IPAddress.Parse("131.169.42.66")));
        Assert.Equal(new ExportLine("/pnfs", "/usr", IoMode.Meta, false, ExportSquash.Default, false), everybody);
        Assert.Equal(["/fs:/:Full", "/admin:/admin:Full"], table.For(IPAddress.Loopback).Select(l => $"{l.MountPoint}:{l.Path}:{l.Io}"));
        Assert.Equal("/fs", table.For(IPAddress.Parse("::ffff:127.0.0.1"))[0].MountPoint);
        Assert.Empty(table.For(IPAddress.IPv6Loopback));
    }

    [Fact]
    public void TheHostCountsThenTheLongestNetmaskAndTheSearchDoesNotGoOn()
    {
        var table = Build(
            ("255.255.255.255..10.0.0.1", "/long / 30 nooptions"),
            ("10.0.0.1", "/host / 0 nooptions"),
            ("10.0.0.2", ""),
            ("255.255.255.240..10.0.0.0", "/narrow / 30 nooptions"),
            ("255.0.0.0..10.0.0.0", "/wide / 30 nooptions"));
        Assert.Equal("/host", table.For(IPAddress.Parse("10.0.0.1"))[0].MountPoint);
        Assert.Empty(table.For(IPAddress.Parse("10.0.0.2")));
        Assert.Equal("/narrow", Assert.Single(table.For(IPAddress.Parse("10.0.0.3"))).MountPoint);
        Assert.Equal("/wide", Assert.Single(table.For(IPAddress.Parse("10.0.0.16"))).MountPoint);
        Assert.Empty(table.For(IPAddress.Parse("11.0.0.1")));
    }

    [Fact]
    public void AnIPv6NetworkHasAPrefixLength()
    {
        var table = Build(("64..2001:db8::", "/six / 30 nooptions"), ("::1", "/one / 0 nooptions"));
        Assert.Equal("/six", Assert.Single(table.For(IPAddress.Parse("2001:db8::5"))).MountPoint);
        Assert.Equal("/one", Assert.Single(table.For(IPAddress.IPv6Loopback)).MountPoint);
        Assert.Empty(table.For(IPAddress.Parse("2001:db8:0:1::5")));
    }

    [Fact]
    public void TrustIsByAddress()
    {
        var table = ExportTable.Build([], [("127.0.0.1", "15\n"u8.ToArray())], [])!;
        Assert.True(table.IsTrusted(IPAddress.Loopback));
        Assert.False(table.IsTrusted(IPAddress.Parse("127.0.0.2")));
    }

    [Theory]
    [InlineData("10.0.0.1", "/a / 15 nooptions", "10.0.0.1:1: the I/O field must be 30")]
    [InlineData("10.0.0.1", "/a / 0 nooptions\n\n/a / 30\n", "10.0.0.1:3: '/a' is listed twice")]
    [InlineData("10.0.0.1", "/a /", "10.0.0.1:1: a line is")]
    [InlineData("10.0.0.1", "a / 30", "10.0.0.1:1: the mount point must be an absolute path")]
    [InlineData("10.0.0.1", "/a /x/../y 30", "10.0.0.1:1: the path must be absolute and without")]
    [InlineData("10.0.0.1", "/a /1/root/fs 30", "10.0.0.1:1: a path of pnfs begins with /0/root/fs")]
    [InlineData("10.0.0.1", "/a / 30 fast", "10.0.0.1:1: unknown option 'fast'")]
    [InlineData("myhost", "/a / 30", "myhost:1: the name of the file is neither an address")]
    [InlineData("127.1", "/a / 30", "127.1:1: the name of the file is neither")]
    [InlineData("255.0.255.0..10.0.0.0", "/a / 30", "is not a netmask")]
    [InlineData("255.255.0.0..10.0.0.1", "/a / 30", "has bits outside of its netmask")]
    public void AProblemAnywhereRefusesTheWholeTable(string name, string content, string message)
    {
        var problems = new List<string>();
        Assert.Null(ExportTable.Build([("10.9.9.9", "/ok / 30"u8.ToArray()), (name, Encoding.UTF8.GetBytes(content))], [], problems));
        Assert.Contains(message, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsAndCommentsAreRead()
    {
        var line = Assert.Single(Build(("10.0.0.1", "# one host\n/a /usr meta ro,all_squash,secure # why\n")).For(IPAddress.Parse("10.0.0.1")));
        Assert.Equal(new ExportLine("/a", "/usr", IoMode.Meta, true, ExportSquash.All, true), line);
    }

    [Fact]
    public void LeftoversOfEditorsAreNoFiles() => Assert.Empty(Build((".10.0.0.1.swp", "binary"), ("10.0.0.1~", "x")).Lines);

    private static ExportTable Build(params (string Name, string Content)[] files)
    {
        var problems = new List<string>();
        var table = ExportTable.Build([.. files.Select(f => (f.Name, Encoding.UTF8.GetBytes(f.Content)))], [], problems);
        Assert.Empty(problems);
        return table!;
    }
}

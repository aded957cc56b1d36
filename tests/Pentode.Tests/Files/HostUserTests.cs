using Xunit;
using Pentode.Core;
using Pentode.Files;
using static Pentode.Tests.Files.HostFixture;

namespace Pentode.Tests.Files;

/// <summary>Acting as the user of a request; without user 0 there is nothing to test.</summary>
public sealed class HostUserTests : IDisposable
{
    private readonly HostFixture _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Permissions_are_those_of_the_user()
    {
        Assert.SkipUnless(IsRoot, "needs user 0");
        var secret = _host.Create("root-only", 0x180);
        Assert.Equal(Errno.EACCES, Now(secret.Node.Open(Nobody, 0)).Error);
        Assert.Equal(Errno.EPERM, Now(secret.Node.SetAttributes(Nobody, new AttributeChange { Mode = 0x1FF }, null)));
        Assert.Equal(Errno.EPERM, Now(secret.Node.SetAttributes(Nobody, new AttributeChange { Uid = 65534 }, null)));
        Assert.Equal(Errno.EACCES, Now(secret.Node.SetAttributes(Nobody, new AttributeChange { Size = 0 }, null)));
        Assert.Equal(Errno.EPERM, Now(_host.Root.MakeNode(Nobody, N("b"), 0x61A4, 8, 0, uint.MaxValue)).Error);
        Done(secret);
        var closed = _host.MakeDirectory("closed", mode: 0x1C0);
        Assert.Equal(Errno.EACCES, _host.GetError("x", closed, Nobody));
        Assert.Equal(Errno.EACCES, Now(closed.MakeDirectory(Nobody, N("x"), 0x1FF, uint.MaxValue)).Error);
        closed.Release();
        var own = _host.Create("own", 0, Nobody);
        var attributes = Attributes(own.Node);
        Assert.Equal((65534u, 65534u, 0x8000u), (attributes.Uid, attributes.Gid, attributes.Mode));
        Assert.Equal(1, Now(own.File.Write(new byte[1], 0)).Value);
        Assert.Equal(Errno.None, Now(own.Node.SetAttributes(Nobody, new AttributeChange { Size = 5 }, own.File)));
        Assert.Equal(Errno.EACCES, Now(own.Node.SetAttributes(Nobody, new AttributeChange { Size = 6 }, null)));
        Done(own);
        // And the daemon is itself again.
        File.WriteAllText(_host.Host("by-daemon"), "");
        var n = _host.Get("by-daemon");
        Assert.Equal(0u, Attributes(n).Uid);
        n.Release();
    }

    [Fact]
    public void Supplementary_groups_count()
    {
        Assert.SkipUnless(IsRoot, "needs user 0");
        var file = _host.Create("group", 0x1B0);
        Assert.Equal(Errno.None, Now(file.Node.SetAttributes(Credentials.Root, new AttributeChange { Gid = 7777 }, null)));
        Assert.Equal(Errno.EACCES, Now(file.Node.Open(Nobody, 2)).Error);
        var member = new Credentials(65534, 65534, [5, 7777]);
        var open = Now(file.Node.Open(member, 2)).Value;
        Assert.Equal(Errno.None, Now(open.Close()));
        Assert.Equal(Errno.EACCES, Now(file.Node.Open(Nobody, 2)).Error);
        Assert.Equal(Errno.EPERM, Now(file.Node.Open(new Credentials(uint.MaxValue, 1), 0)).Error);
        var made = Now(_host.Root.MakeDirectory(member, N("d"), 0x1ED, 7777)).Value;
        Assert.Equal(7777u, Attributes(made).Gid);
        made.Release();
        Done(file);
    }

    [Fact]
    public void A_users_write_clears_set_id_bits()
    {
        Assert.SkipUnless(IsRoot, "needs user 0");
        var file = _host.Create("suid", 0x9FF);
        Assert.Equal(0x89FFu, Attributes(file.Node).Mode);
        var open = Now(file.Node.Open(Nobody, 1)).Value;
        Assert.Equal(1, Now(open.Write(new byte[1], 0)).Value);
        Assert.Equal(0x81FFu, Attributes(file.Node).Mode);
        Assert.Equal(Errno.None, Now(open.Close()));
        Done(file);
    }
}

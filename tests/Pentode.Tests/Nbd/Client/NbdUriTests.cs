using Pentode.Nbd.Client;

namespace Pentode.Tests.Nbd.Client;

public sealed class NbdUriTests
{
    [Theory]
    [InlineData("nbd://host", "host", 10809, "")]
    [InlineData("nbd://host/", "host", 10809, "")]
    [InlineData("NBD://host:12/disk", "host", 12, "disk")]
    [InlineData("nbd://host//disk", "host", 10809, "/disk")]
    [InlineData("nbd://host:/a/b", "host", 10809, "a/b")]
    [InlineData("nbd://user@host/a%20b%2Fc%3f", "host", 10809, "a b/c?")]
    [InlineData("nbd://[::1]:99/x", "::1", 99, "x")]
    [InlineData("nbd://[fe80::1]", "fe80::1", 10809, "")]
    [InlineData("nbd:///x", "localhost", 10809, "x")]
    [InlineData("nbd://host/%C3%A4?tls-type=psk&x-mine=1", "host", 10809, "ä")]
    public void Tcp(string text, string host, int port, string export)
    {
        Assert.True(NbdUri.TryParse(text, out var uri, out var problem), problem);
        Assert.Equal((host, port, null, export), (uri.Host, uri.Port, uri.SocketPath, uri.ExportName));
        Assert.True(NbdUri.TryParse(uri.ToString(), out var again, out problem), problem);
        Assert.Equal(uri, again);
    }

    [Theory]
    [InlineData("nbd+unix:///?socket=/run/n.sock", "/run/n.sock", "")]
    [InlineData("nbd+unix://?socket=/run/n.sock", "/run/n.sock", "")]
    [InlineData("nbd+unix://user@/disk?socket=a%20b", "a b", "disk")]
    [InlineData("nbd+unix:////disk?socket=/s;tls-hostname=h", "/s", "/disk")]
    [InlineData("nbd+unix:///x?socket=%00name", "@name", "x")]
    [InlineData("nbd+unix:///x?socket=@name", "./@name", "x")]
    public void Unix(string text, string socket, string export)
    {
        Assert.True(NbdUri.TryParse(text, out var uri, out var problem), problem);
        Assert.Equal((socket, export), (uri.SocketPath, uri.ExportName));
        Assert.True(NbdUri.TryParse(uri.ToString(), out var again, out problem), problem);
        Assert.Equal(uri, again);
    }

    [Theory]
    [InlineData("host:10809", "not an NBD URI")]
    [InlineData("http://host/", "not supported")]
    [InlineData("nbds://host/", "TLS")]
    [InlineData("nbds+unix:///?socket=/s", "TLS")]
    [InlineData("nbd+vsock://2:10809/", "not supported")]
    [InlineData("nbd://host:0/", "port")]
    [InlineData("nbd://host:65536/", "port")]
    [InlineData("nbd://host:-1/", "port")]
    [InlineData("nbd://[::1/", "IPv6")]
    [InlineData("nbd://[host]/", "IPv6")]
    [InlineData("nbd://host/a%2", "percent")]
    [InlineData("nbd://host/a%zz", "percent")]
    [InlineData("nbd://host/%ff", "percent")]
    [InlineData("nbd://host/%00", "zero byte")]
    [InlineData("nbd://host/a#b", "%23")]
    [InlineData("nbd://host/?socket=/s", "nbd+unix")]
    [InlineData("nbd://host/?colour=red", "colour")]
    [InlineData("nbd+unix:///disk", "socket=")]
    [InlineData("nbd+unix:///disk?socket=", "socket=")]
    [InlineData("nbd+unix:///?socket=/a&socket=/b", "twice")]
    [InlineData("nbd+unix://host/disk?socket=/s", "no host")]
    public void Refused(string text, string because)
    {
        Assert.False(NbdUri.TryParse(text, out _, out var problem));
        Assert.Contains(because, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void LongTextsAreRefused()
    {
        Assert.False(NbdUri.TryParse("nbd://h/" + new string('x', 4097), out _, out _));
        Assert.True(NbdUri.TryParse("nbd://h/" + new string('x', 4096), out _, out _));
        Assert.False(NbdUri.TryParse("nbd+unix:///?socket=/" + new string('x', 107), out _, out _));
    }

    [Fact]
    public void PathsAreNotUris()
    {
        Assert.False(NbdUri.LooksLikeUri("disk.img"));
        Assert.False(NbdUri.LooksLikeUri("./nbd:x"));
        Assert.True(NbdUri.LooksLikeUri("nbds://x"));
    }
}

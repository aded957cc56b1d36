using Pentode.NineP.Client;
using Xunit;

namespace Pentode.Tests.NineP.Client;

/// <summary>9P URIs.</summary>
public sealed class NinePUriTests
{
    [Theory]
    [InlineData("9p://host", "host", 564, "")]
    [InlineData("9p://host/", "host", 564, "")]
    [InlineData("9p://host:5640/srv//data/./x", "host", 5640, "srv|data|x")]
    [InlineData("9p://[::1]:99/a%20b/%25", "::1", 99, "a b|%")]
    [InlineData("9p://[fe80::1]/a b", "fe80::1", 564, "a b")]
    [InlineData("9P://127.0.0.1/x%3Fy", "127.0.0.1", 564, "x?y")]
    public void Host_port_and_path(string text, string host, int port, string path)
    {
        Assert.True(NinePUri.TryParse(text, out var uri, out var problem), problem);
        Assert.Equal((host, port), (uri.Host, uri.Port));
        Assert.Equal(path, string.Join('|', uri.Path.Select(System.Text.Encoding.UTF8.GetString)));
        Assert.Null(uri.AttachName);
    }

    [Fact]
    public void Options()
    {
        Assert.True(NinePUri.TryParse("9p://alice@h/sub?aname=/srv/a%26b&uid=7&msize=8192", out var uri, out _));
        Assert.Equal("alice", uri.UserName);
        Assert.Equal("/srv/a&b"u8.ToArray(), uri.AttachName);
        Assert.Equal((7u, 8192), (uri.Uid, uri.Msize));
        Assert.True(NinePUri.TryParse("9p+unix:///a/b?socket=/run/x.sock&uname=bob&aname=", out uri, out _));
        Assert.Equal(("/run/x.sock", "bob"), (uri.Socket, uri.UserName));
        Assert.Equal([], uri.AttachName!);
        Assert.Equal(2, uri.Path.Count);
    }

    [Fact]
    public void Names_are_bytes()
    {
        Assert.True(NinePUri.TryParse("9p://h/%ff%01", out var uri, out _));
        Assert.Equal([0xFF, 0x01], uri.Path[0]);
    }

    [Theory]
    [InlineData("9p://")]
    [InlineData("9p:///path")]
    [InlineData("9p://h:0/")]
    [InlineData("9p://h:65536/")]
    [InlineData("9p://h:x/")]
    [InlineData("9p://[::1/")]
    [InlineData("9p://[::1]x/")]
    [InlineData("9p://@h/")]
    [InlineData("9p://h/a/../b")]
    [InlineData("9p://h/a%2Fb")]
    [InlineData("9p://h/a%00")]
    [InlineData("9p://h/%4")]
    [InlineData("9p://h/%zz")]
    [InlineData("9p://h/?color=red")]
    [InlineData("9p://h/?uid=-1")]
    [InlineData("9p://h/?uid=4294967295")]
    [InlineData("9p://h/?msize=100")]
    [InlineData("9p://h/?socket=/x")]
    [InlineData("9p+unix:///a")]
    [InlineData("9p+unix://host/a?socket=/x")]
    [InlineData("/local/path")]
    [InlineData("http://h/")]
    public void What_is_wrong_is_said(string text)
    {
        Assert.False(NinePUri.TryParse(text, out _, out var problem));
        Assert.NotEmpty(problem);
    }
}

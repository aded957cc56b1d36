using Pentode.NineP.Wire;

namespace Pentode.Tests.Daemon;

/// <summary>Requests in words, as traces show them.</summary>
public sealed class RequestTextTests
{
    [Theory]
    [InlineData(P9Type.Twalk, "00000000 01000000 0200 0100 61 0200 6263", "Twalk tag=5 fid=0 newfid=1 names=a/bc")]
    [InlineData(P9Type.Tread, "02000000 0010000000000000 00020000", "Tread tag=5 fid=2 offset=4096 count=512")]
    [InlineData(P9Type.Twrite, "02000000 0000000000000000 03000000 616263", "Twrite tag=5 fid=2 offset=0 count=3")]
    [InlineData(P9Type.Tattach, "00000000 ffffffff 0400 726f6f74 0200 2f61 ffffffff", "Tattach tag=5 fid=0 afid=none uname=root aname=/a n_uname=none")]
    [InlineData(P9Type.Tlcreate, "01000000 0100 66 42000000 a4010000 64000000", "Tlcreate tag=5 fid=1 name=f flags=0x42 mode=0644 gid=100")]
    [InlineData(P9Type.Tgetattr, "01000000 ff07000000000000", "Tgetattr tag=5 fid=1 request_mask=0x7ff")]
    [InlineData(P9Type.Tread, "02000000 00", "Tread tag=5 fid=2 …")]
    [InlineData((P9Type)200, "0102", "200 tag=5 2 bytes")]
    public void NamesEveryField(P9Type type, string body, string expected) =>
        Assert.Equal(expected, P9Text.Describe(type, 5, Convert.FromHexString(body.Replace(" ", "", StringComparison.Ordinal))));

    [Fact]
    public void AnswersForEveryRequestTypeAndAnyBody()
    {
        foreach (var type in Enum.GetValues<P9Type>())
        {
            for (var length = 0; length < 70; length++)
                Assert.StartsWith(type.ToString(), P9Text.Describe(type, 1, new byte[length]), StringComparison.Ordinal);
            if (type.ToString()[0] == 'T')
                Assert.DoesNotContain(" bytes", P9Text.Describe(type, 1, new byte[70]), StringComparison.Ordinal);
        }
    }
}

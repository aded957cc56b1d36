using Pentode.Core;
using Pentode.Daemon.Services;

namespace Pentode.Tests.Daemon;

public sealed class ErrnoTextTests
{
    [Fact]
    public void EveryErrorHasWordsAndItsName()
    {
        foreach (var error in Enum.GetValues<Errno>().Where(e => e != Errno.None))
            Assert.Matches($@"^\.?\w[^()]* .*\({error}\)$", ErrnoText.Describe(error));
    }

    [Theory]
    [InlineData(Errno.ENOENT, "no such file or directory (ENOENT)")]
    [InlineData(Errno.ENOSPC, "no space left on device (ENOSPC)")]
    [InlineData(Errno.ENOTEMPTY, "directory not empty (ENOTEMPTY)")]
    [InlineData(Errno.ECONNREFUSED, "connection refused (ECONNREFUSED)")]
    [InlineData(Errno.EBUSY, "in use (EBUSY)")]
    [InlineData((Errno)4000, "error 4000")]
    public void Describes(Errno error, string expected) => Assert.Equal(expected, ErrnoText.Describe(error));
}

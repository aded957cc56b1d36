using Pentode.Daemon.Configuration;
using Xunit;

namespace Pentode.Tests.Daemon;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("64KiB", 65536)]
    [InlineData("64 kib", 65536)]
    [InlineData("1M", 1048576)]
    [InlineData("2GiB", 2147483648)]
    [InlineData("1TiB", 1099511627776)]
    public void ReadsSizes(string text, long expected)
    {
        Assert.True(Quantity.TryParseSize(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KiB")]
    [InlineData("-1")]
    [InlineData("1.5GiB")]
    [InlineData("12XB")]
    [InlineData("99999999999TiB")]
    [InlineData("9223372036854775808")]
    public void RefusesOtherSizes(string text) => Assert.False(Quantity.TryParseSize(text, out _));

    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("1h", 3_600_000)]
    public void ReadsDurations(string text, long expected)
    {
        Assert.True(Quantity.TryParseDuration(text, out var duration));
        Assert.Equal(expected, (long)duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("100d")]
    public void RefusesOtherDurations(string text) => Assert.False(Quantity.TryParseDuration(text, out _));

    [Theory]
    [InlineData("exprots", "exports")]
    [InlineData("readonly", "read_only")]
    [InlineData("zzz", null)]
    public void FindsTheNearestName(string text, string? expected) => Assert.Equal(expected, NearestName.Find(text, ["exports", "read_only", "listen", "kind"]));
}

using System.Text.Json;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Services;

namespace Pentode.Tests.Daemon;

public sealed class StreamLogTests
{
    [Fact]
    public void WritesTimeLevelAndMessageOnOneLine()
    {
        var text = new StringWriter();
        var log = new StreamLog(text, LogLevel.Info, time: new NewYear());
        log.Write(LogLevel.Info, "one");
        log.Write(LogLevel.Warning, "two\nforged line");
        log.Write(LogLevel.Debug, "not kept");
        Assert.Equal("2026-01-01T00:00:00.007Z info    one\n2026-01-01T00:00:00.007Z warning two?forged line\n", text.ToString());
    }

    [Fact]
    public void WritesJsonThatParses()
    {
        var text = new StringWriter();
        new StreamLog(text, LogLevel.Debug, isJson: true, new NewYear()).Write(LogLevel.Error, "a \"quote\"\nand \u0007");
        var line = text.ToString();
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        using var json = JsonDocument.Parse(line);
        Assert.Equal("2026-01-01T00:00:00.007Z", json.RootElement.GetProperty("time").GetString());
        Assert.Equal("error", json.RootElement.GetProperty("level").GetString());
        Assert.Equal("a \"quote\"\nand \u0007", json.RootElement.GetProperty("message").GetString());
    }

    [Fact]
    public void NoneKeepsNothing()
    {
        var text = new StringWriter();
        var log = new StreamLog(text, LogLevel.None);
        Assert.False(log.IsEnabled(LogLevel.Error));
        log.Write(LogLevel.Error, "x");
        Assert.Equal("", text.ToString());
    }

    private sealed class NewYear : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 0, 0, 0, 7, TimeSpan.Zero);
    }
}

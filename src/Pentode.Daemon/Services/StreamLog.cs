using System.Globalization;
using System.Text.Json;
using Pentode.Core.Diagnostics;

namespace Pentode.Daemon.Services;

/// <summary>
/// Writes log lines to a text writer: time, level and message, or an object of JSON with these three keys. A line is written and flushed
/// as a whole; control characters of peers are replaced or escaped, so that one message is always one line.
/// </summary>
public sealed class StreamLog : ILog
{
    private readonly TextWriter _writer;
    private readonly LogLevel _least;
    private readonly bool _isJson;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();

    /// <summary>Keeps lines of <paramref name="least"/> and worse.</summary>
    public StreamLog(TextWriter writer, LogLevel least, bool isJson = false, TimeProvider? time = null)
    {
        _writer = writer;
        _least = least;
        _isJson = isJson;
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel level) => level >= _least && level != LogLevel.None;

    /// <inheritdoc/>
    public void Write(LogLevel level, string message)
    {
        if (!IsEnabled(level))
            return;
        var time = _time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var name = level switch
        {
            LogLevel.Debug => "debug",
            LogLevel.Info => "info",
            LogLevel.Warning => "warning",
            _ => "error",
        };
        var line = _isJson
            ? $"{{\"time\":\"{time}\",\"level\":\"{name}\",\"message\":\"{JsonEncodedText.Encode(message)}\"}}\n"
            : $"{time} {name,-7} {Clean(message)}\n";
        lock (_lock)
        {
            try
            {
                _writer.Write(line);
                _writer.Flush();
            }
            catch (IOException)
            {
                // Nobody reads the log any more (a closed pipe): serving goes on.
            }
        }
    }

    private static string Clean(string message) =>
        message.Any(char.IsControl) ? string.Create(message.Length, message, static (span, m) =>
        {
            for (var i = 0; i < m.Length; i++)
                span[i] = char.IsControl(m[i]) ? '?' : m[i];
        }) : message;
}

using Pentode.Core.Diagnostics;

namespace Pentode.Tests.Nbd;

/// <summary>Keeps every line.</summary>
internal sealed class RecordingLog : ILog
{
    private readonly List<(LogLevel Level, string Text)> _lines = [];

    public bool IsEnabled(LogLevel level) => true;

    public void Write(LogLevel level, string message)
    {
        lock (_lines)
            _lines.Add((level, message));
    }

    public string[] At(LogLevel level)
    {
        lock (_lines)
            return [.. _lines.Where(l => l.Level == level).Select(l => l.Text)];
    }
}

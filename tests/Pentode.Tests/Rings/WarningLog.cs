using Pentode.Core.Diagnostics;

namespace Pentode.Tests.Rings;

/// <summary>Keeps warnings and worse.</summary>
internal sealed class WarningLog : ILog
{
    private readonly List<string> _lines = [];

    public IEnumerable<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public bool IsEnabled(LogLevel level) => level >= LogLevel.Warning;

    public void Write(LogLevel level, string message)
    {
        lock (_lines)
            _lines.Add(message);
    }
}

using System.Collections.Concurrent;
using Pentode.Core.Diagnostics;

namespace Pentode.Tests.NineP;

/// <summary>Keeps the lines of a log.</summary>
internal sealed class LogRecorder : ILog
{
    private readonly ConcurrentQueue<string> _lines = new();

    public bool IsEnabled(LogLevel level) => true;

    public void Write(LogLevel level, string message) => _lines.Enqueue(message);

    public int Count(string part) => _lines.Count(l => l.Contains(part, StringComparison.Ordinal));
}

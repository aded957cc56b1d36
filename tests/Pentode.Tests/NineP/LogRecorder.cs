using System.Collections.Concurrent;
using Pentode.Core.Diagnostics;

namespace Pentode.Tests.NineP;

/// <summary>Keeps the lines of a log.</summary>
internal sealed class LogRecorder : ILog
{
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>Lines that make <see cref="Write"/> throw once it has kept them.</summary>
    public string? Breaks { get; set; }

    public bool IsEnabled(LogLevel level) => true;

    public void Write(LogLevel level, string message)
    {
        _lines.Enqueue(message);
        if (Breaks is { } part && message.Contains(part, StringComparison.Ordinal))
            throw new InvalidOperationException("thrown by a log");
    }

    public int Count(string part) => _lines.Count(l => l.Contains(part, StringComparison.Ordinal));
}

using System.Collections.Concurrent;
using Pentode.Core.Diagnostics;

namespace Pentode.Tests.Locks.Etcd;

/// <summary>Keeps log lines for a test to look at.</summary>
public sealed class KeptLog : ILog
{
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>Everything so far, one line each: level and message.</summary>
    public string Text => string.Join('\n', _lines);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel level) => true;

    /// <inheritdoc/>
    public void Write(LogLevel level, string message) => _lines.Enqueue($"{level}: {message}");
}

using System.Collections.Concurrent;
using Pentode.Core.Diagnostics;

namespace Pentode.Tests.Daemon;

/// <summary>Keeps what is written.</summary>
internal sealed class RecordingLog(LogLevel least = LogLevel.Info) : ILog
{
    public ConcurrentQueue<(LogLevel Level, string Message)> Lines { get; } = new();

    public bool IsEnabled(LogLevel level) => level >= least;

    public void Write(LogLevel level, string message)
    {
        if (IsEnabled(level))
            Lines.Enqueue((level, message));
    }
}

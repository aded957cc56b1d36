namespace Pentode.Core.Diagnostics;

/// <summary>Where log lines go. Thread safe. Ask <see cref="IsEnabled"/> before building a line.</summary>
public interface ILog
{
    /// <summary>True when lines of that level are kept.</summary>
    bool IsEnabled(LogLevel level);

    /// <summary>Writes one line.</summary>
    void Write(LogLevel level, string message);
}

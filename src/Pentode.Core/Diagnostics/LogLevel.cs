namespace Pentode.Core.Diagnostics;

/// <summary>Severity of a log line.</summary>
public enum LogLevel
{
    /// <summary>For developers.</summary>
    Debug,

    /// <summary>Normal events.</summary>
    Info,

    /// <summary>Something a person should know.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Error,

    /// <summary>Nothing is logged.</summary>
    None,
}

namespace Pentode.Core.Diagnostics;

/// <summary>Keeps nothing.</summary>
public sealed class NullLog : ILog
{
    private NullLog()
    {
    }

    /// <summary>The only one.</summary>
    public static NullLog Instance { get; } = new();

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel level) => false;

    /// <inheritdoc/>
    public void Write(LogLevel level, string message)
    {
    }
}

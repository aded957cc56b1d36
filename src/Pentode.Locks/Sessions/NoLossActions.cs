namespace Pentode.Locks.Sessions;

/// <summary>Does nothing on loss: for nodes whose domains all have the policy none.</summary>
public sealed class NoLossActions : ILossActions
{
    private NoLossActions()
    {
    }

    /// <summary>The only one.</summary>
    public static NoLossActions Instance { get; } = new();

    /// <inheritdoc/>
    public void Signal(int processId, long processStart, int signal)
    {
    }

    /// <inheritdoc/>
    public long StartOf(int processId) => 0;

    /// <inheritdoc/>
    public void RefreshWatchdog()
    {
    }

    /// <inheritdoc/>
    public void DisarmWatchdog()
    {
    }

    /// <inheritdoc/>
    public IKillTimer? MakeKillTimer() => null;

    /// <inheritdoc/>
    public void Reset()
    {
    }
}

namespace Pentode.Daemon.Admin;

/// <summary>Tells how a daemon is.</summary>
public interface IStatusSource
{
    /// <summary>A snapshot; any thread.</summary>
    StatusReport Status();
}

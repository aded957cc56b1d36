namespace Pentode.Locks.Sessions;

/// <summary>Ends this process at a moment, whatever its threads do then, unless it is moved or disposed before.</summary>
public interface IKillTimer : IDisposable
{
    /// <summary>Names the moment, in milliseconds of the manager's clock.</summary>
    void Set(long atMs);
}

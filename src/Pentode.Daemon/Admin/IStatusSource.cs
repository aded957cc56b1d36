using Pentode.Daemon.Services;

namespace Pentode.Daemon.Admin;

/// <summary>Tells how a daemon is.</summary>
public interface IStatusSource
{
    /// <summary>A snapshot; any thread.</summary>
    StatusReport Status();

    /// <summary>Does what is asked of the namespace; null when there is none. Any thread.</summary>
    Task<NamesAnswer>? Names(NamesRequest request) => null;

    /// <summary>Does what is asked of the locks and answers a line of JSON; null when there are none. Any thread.</summary>
    Task<string>? Locks(LocksRequest request) => null;
}

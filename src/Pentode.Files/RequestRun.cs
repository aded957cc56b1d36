using System.Diagnostics.CodeAnalysis;
using Pentode.Files.Host;

namespace Pentode.Files;

/// <summary>
/// A run of requests handed to volumes one after the other on this thread, ended by Dispose: volumes may keep what is dear to set up, above
/// all the user the thread acts as, from one request to the next. Nothing is awaited inside, and nothing else that depends on the thread's
/// identity (opening files, starting threads) is done.
/// </summary>
public readonly ref struct RequestRun
{
    /// <summary>Starts a run; runs do not nest.</summary>
    public static RequestRun Begin()
    {
        ActingAs.BeginRun();
        return default;
    }

    /// <summary>Inside a run: the thread is itself again, for what is done on nobody's behalf.</summary>
    public static void LeaveUser() => ActingAs.Daemon().Dispose();

    /// <summary>Ends it.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "A using statement calls an instance method; the state is the thread's.")]
    public void Dispose() => ActingAs.EndRun();
}

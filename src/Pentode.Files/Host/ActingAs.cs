using System.Diagnostics.CodeAnalysis;
using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <summary>
/// A synchronous region in which this thread accesses files as a user; ended by Dispose. No await and no lock inside. Within a
/// <see cref="RequestRun"/> the thread stays that user till another identity is asked for or the run ends, as a switch costs more than most
/// requests: what must not happen as some user there asks for <see cref="Daemon"/>.
/// </summary>
internal readonly ref struct ActingAs
{
    /// <summary>Whom this thread acts as; null for the daemon.</summary>
    [ThreadStatic]
    private static Credentials? t_user;

    [ThreadStatic]
    private static bool t_isUnchecked;

    [ThreadStatic]
    private static bool t_isRun;

    private ActingAs(Errno error)
    {
        Error = error;
    }

    /// <summary>Set when the kernel refused to switch: do nothing then.</summary>
    public Errno Error { get; }

    /// <summary>Starts a region. User 0 with group 0 and no more groups is the daemon itself.</summary>
    public static ActingAs Begin(HostTree tree, Credentials who) =>
        Become(!tree.Options.ActAsUser || (who.Uid == 0 && who.Gid == 0 && who.Groups.IsEmpty) ? null : who, tree.Options.ClientChecks);

    /// <summary>Starts a region in which the thread is the daemon, for what resolves names or opens on nobody's behalf.</summary>
    public static ActingAs Daemon() => Become(null, isUnchecked: false);

    /// <summary>From now on the identity of the last region stays.</summary>
    public static void BeginRun() => t_isRun = true;

    /// <summary>The daemon again.</summary>
    public static void EndRun()
    {
        t_isRun = false;
        Leave();
    }

    /// <summary>The daemon again, unless in a run.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "A using statement calls an instance method; the state is the thread's.")]
    public void Dispose()
    {
        if (!t_isRun)
            Leave();
    }

    private static ActingAs Become(Credentials? user, bool isUnchecked)
    {
        if (user is null)
        {
            Leave();
            return default;
        }

        if (t_isUnchecked == isUnchecked && (ReferenceEquals(user, t_user) || user.Equals(t_user)))
            return default;
        Leave();
        if (!ThreadCredentials.Switch(user.Uid, user.Gid, user.Groups, isUnchecked))
            return new ActingAs(Errno.EPERM);
        (t_user, t_isUnchecked) = (user, isUnchecked);
        return default;
    }

    private static void Leave()
    {
        if (t_user is null)
            return;
        t_user = null;
        ThreadCredentials.Restore();
    }
}

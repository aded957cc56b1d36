using Pentode.Core;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <summary>A synchronous region in which this thread accesses files as a user; ended by Dispose. No await and no lock inside.</summary>
internal readonly ref struct ActingAs
{
    private readonly bool _switched;

    private ActingAs(bool switched, Errno error)
    {
        _switched = switched;
        Error = error;
    }

    /// <summary>Set when the kernel refused to switch: do nothing then.</summary>
    public Errno Error { get; }

    /// <summary>Starts a region. User 0 with group 0 and no more groups is the daemon itself.</summary>
    public static ActingAs Begin(HostTree tree, Credentials who)
    {
        if (!tree.Options.ActAsUser || (who.Uid == 0 && who.Gid == 0 && who.Groups.IsEmpty))
            return new ActingAs(false, Errno.None);
        return ThreadCredentials.Switch(who.Uid, who.Gid, who.Groups) ? new ActingAs(true, Errno.None) : new ActingAs(false, Errno.EPERM);
    }

    /// <summary>The daemon again.</summary>
    public void Dispose()
    {
        if (_switched)
            ThreadCredentials.Restore();
    }
}

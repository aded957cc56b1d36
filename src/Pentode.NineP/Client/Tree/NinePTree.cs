using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Files.Locks;
using Pentode.NineP.Wire;
using Pentode.Uring;

namespace Pentode.NineP.Client.Tree;

/// <summary>
/// A 9P export as a tree backend. The server sees one user, who attached: whoever shows this tree to several checks their permissions first.
/// Locks are the server's (<see cref="NinePTreeLocks"/>). When the connection is lost every call fails. The connection lives on one loop; calls from others go there first.
/// </summary>
public sealed class NinePTree : ITreeBackend
{
    private readonly NinePNode _root;

    /// <summary>A tree over a session.</summary>
    internal NinePTree(NinePClient client, NinePNode root, string name, ILog log)
    {
        Client = client;
        _root = root;
        SharedLocks = new NinePTreeLocks(this, name, log);
    }

    /// <inheritdoc/>
    public ISharedLocks SharedLocks { get; }

    internal NinePClient Client { get; }

    /// <summary>What is locked through this tree.</summary>
    internal LockTable<ulong> Locks { get; } = new();

    /// <summary>Connects and attaches as <see cref="NinePSession.OpenAsync"/> does; the path of the URI must lead to a directory (ENOTDIR). On the loop.</summary>
    public static async Task<Result<NinePTree>> OpenAsync(IoLoop loop, NinePUri uri, NinePClientOptions options, string userName, uint uid)
    {
        var session = await NinePSession.OpenAsync(loop, uri, options, userName, uid).ConfigureAwait(true);
        if (!session.IsOk)
            return session.Error;
        var client = session.Value.Client;
        var root = session.Value.Root;
        if (session.Value.Path.Count > 0)
        {
            var walked = await client.WalkPath(root.Fid, session.Value.Path).ConfigureAwait(true);
            if (!walked.IsOk)
            {
                await client.CloseAsync().ConfigureAwait(true);
                return walked.Error;
            }

            root = walked.Value;
        }

        if ((root.Qid.Type & Qid.Directory) != 0)
            return new NinePTree(client, root, uri.Text, options.Log);
        await client.CloseAsync().ConfigureAwait(true);
        return Errno.ENOTDIR;
    }

    /// <inheritdoc/>
    public Result<INode> OpenRoot() => new NinePTreeNode(this, _root.Fid, _root.Qid, isRoot: true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Enter();
        await Client.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Awaiting it continues on the loop of the connection.</summary>
    internal NinePTreeHop Enter() => new(Client.Loop);

    /// <summary>Gives a fid back, from any thread.</summary>
    internal void Forget(uint fid)
    {
        if (Client.Loop.IsCurrent)
            Client.Forget(fid);
        else
            Client.Loop.Post(_ => Client.Forget(fid));
    }
}

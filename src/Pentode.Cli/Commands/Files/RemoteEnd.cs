using Pentode.Core;
using Pentode.NineP.Client;
using Pentode.NineP.Wire;

namespace Pentode.Cli.Commands.Files;

/// <summary>A path on a server.</summary>
internal sealed class RemoteEnd(NinePUri uri, NinePSession session, RemoteTree tree) : ICopyEnd
{
    public string Text => uri.Text;

    public byte[] Name => uri.Path.Count > 0 ? uri.Path[^1] : [];

    public async Task<Result<ICopySource>> OpenSourceAsync(bool follow)
    {
        var node = await FilesUri.ResolveAsync(session, session.Path, follow).ConfigureAwait(true);
        return node.IsOk ? await tree.OpenAsync(node.Value.Fid, 0).ConfigureAwait(true) : node.Error;
    }

    public async Task<Result<ICopyTargetDirectory>> OpenTargetAsync()
    {
        var node = await FilesUri.ResolveAsync(session, session.Path, followLast: true).ConfigureAwait(true);
        if (!node.IsOk)
            return node.Error;
        if ((node.Value.Qid.Type & Qid.Directory) != 0 || (session.Path.Count == 0 && (session.Root.Qid.Type & Qid.Directory) != 0))
            return Results.Of(tree.Target(node.Value.Fid));
        session.Client.Forget(node.Value.Fid);
        return Errno.ENOTDIR;
    }

    public async Task<Result<ICopyTargetDirectory>> OpenTargetParentAsync()
    {
        if (session.Path.Count == 0)
            return Errno.ENOTDIR;
        var node = await FilesUri.ResolveAsync(session, [.. session.Path.SkipLast(1)], followLast: true).ConfigureAwait(true);
        return node.IsOk ? Results.Of(tree.Target(node.Value.Fid)) : node.Error;
    }

    public Task CloseAsync() => session.Client.CloseAsync();
}

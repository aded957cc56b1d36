using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;

namespace Pentode.NineP.Server;

/// <summary>
/// Opens of trees whose opens may wait for others, and locks that wait for other nodes. They are given up by Tflush, by a clunk of their fid, by Tversion and at the end of the connection; one that was granted
/// in the same moment is answered as granted, before the Rflush, and is the client's to clunk.
/// </summary>
internal sealed partial class NinePConnection
{
    // Of open(2); they mean something only to a tree whose opens wait.
    private const uint WaitingOpenFlags = 0x800 | 0x4000;

    private readonly List<Request> _waiting = [];

    /// <summary>Room is left for what ends the waits: a client whose every tag waits could not even clunk.</summary>
    private bool MayWait => !IsDraining && _waiting.Count < Math.Max(1, _options.MaxTags / 2);

    private OpenOrigin BeginWaiting(Request q)
    {
        _waiting.Add(q);
        return new OpenOrigin(0, q.Token);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<IOpenFile>> OpenWaiting(Request q, Fid fid, int flags)
    {
        if (!MayWait)
            return Errno.ENOMEM;
        try
        {
            return await fid.Volume.Open(fid.Who, fid.Node, flags, BeginWaiting(q)).ConfigureAwait(false);
        }
        finally
        {
            _waiting.Remove(q);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<CreatedFile>> CreateWaiting(Request q, Fid fid, FileName name, int flags, uint mode, uint gid)
    {
        if (!MayWait)
            return Errno.ENOMEM;
        try
        {
            return await fid.Volume.Create(fid.Who, fid.Node, name, flags, mode, gid, BeginWaiting(q)).ConfigureAwait(false);
        }
        finally
        {
            _waiting.Remove(q);
        }
    }

    private void GiveUpWaiting(Fid? of)
    {
        foreach (var q in _waiting.ToArray())
        {
            if (of is null || q.First == of)
                q.GiveUp();
        }
    }
}

using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Nbd.Server;

/// <content>What a bug costs: this connection, not the daemon.</content>
internal sealed partial class NbdSession : IFaultOwner
{
    private bool _hasFaulted;

    /// <inheritdoc/>
    public void OnFault(Exception error)
    {
        // Once: an end that throws again must not go round for ever.
        if (_hasFaulted || _isClosed)
            return;
        _hasFaulted = true;
        _hasFailed = true;
        Sockets.Shutdown(_socket);
        BeginClose();
    }
}

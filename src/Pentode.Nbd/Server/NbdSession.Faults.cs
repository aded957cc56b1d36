using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Nbd.Server;

/// <content>What a bug costs: this connection, not the daemon.</content>
internal sealed partial class NbdSession : IFaultOwner
{
    private bool _hasFaulted;

    /// <summary>The backend of a request threw. Logged once: what else is under way is likely to meet the same bug.</summary>
    public void OnRequestFault(Exception error)
    {
        if (!_hasFaulted)
            _options.Log.Write(LogLevel.Error, $"nbd {_peer}: closed by an internal error: {error}");
        OnFault(error);
    }

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

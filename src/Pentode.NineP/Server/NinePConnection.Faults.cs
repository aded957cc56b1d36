using Pentode.Uring;

namespace Pentode.NineP.Server;

/// <content>What a bug outside a request costs: this connection, not the daemon.</content>
internal sealed partial class NinePConnection : IFaultOwner
{
    private bool _hasFaulted;

    /// <inheritdoc/>
    public void OnFault(Exception error)
    {
        // Once: an end that throws again must not go round for ever.
        if (_hasFaulted || _isClosed)
            return;
        _hasFaulted = true;
        _isParsing = false;
        Close();
    }
}

using Pentode.Core;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Rings.Client;

/// <summary>Ends a socket whose handshake takes too long. Loop thread.</summary>
internal sealed class RingsDeadline : IoCompletion
{
    private readonly IoLoop _loop;
    private readonly int _socket;
    private readonly int _afterMs;
    private bool _isOver;

    public RingsDeadline(IoLoop loop, int socket, int afterMs)
    {
        _loop = loop;
        _socket = socket;
        _afterMs = afterMs;
        loop.Delay(afterMs, this);
    }

    /// <summary>It came too late.</summary>
    public bool IsLate { get; private set; }

    public RingsProblem Problem => new(Errno.ETIMEDOUT, $"no complete handshake within {_afterMs / 1000.0:0.#} s");

    /// <summary>The handshake is over, well or not.</summary>
    public void Over()
    {
        if (IsPending)
            _loop.Cancel(this);
        _isOver = true;
    }

    public override void Complete(int result)
    {
        if (result != 0 || _isOver)
            return;
        IsLate = true;
        Sockets.Shutdown(_socket);
    }
}

namespace Pentode.Uring;

/// <summary>Receives the connections of a listening socket, on the loop thread.</summary>
public interface IAcceptSink
{
    /// <summary>A new connection; the sink owns the descriptor.</summary>
    void OnAccepted(int socket);

    /// <summary>Accepting ended: 0 after <see cref="IoLoop.StopAccepting"/>, otherwise a negative errno that no retry cures.</summary>
    void OnAcceptEnded(int result);
}

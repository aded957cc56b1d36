namespace Pentode.Uring;

/// <summary>
/// Owner of callbacks that wants to end itself in order when one of them throws. An <see cref="IoCompletion"/>, an <see cref="ITurnEnd"/>,
/// an <see cref="IAcceptSink"/> or the state of a posted callback may implement it.
/// </summary>
public interface IFaultOwner
{
    /// <summary>A callback of this owner threw: its state may be inconsistent, so close what it owns. Runs on the loop thread.</summary>
    void OnFault(Exception error);
}

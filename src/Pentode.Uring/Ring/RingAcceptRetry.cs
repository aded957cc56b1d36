namespace Pentode.Uring.Ring;

/// <summary>Arms an accept again after the process ran out of descriptors for a while.</summary>
internal sealed class RingAcceptRetry(RingLoop loop, ulong ticket) : IoCompletion
{
    public override void Complete(int result) => loop.OnAcceptRetry(ticket);
}

namespace Pentode.Uring;

/// <summary>Brings continuations of foreign tasks back to the loop that awaited them.</summary>
internal sealed class LoopSynchronizationContext(IoLoop loop) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => loop.Post(d.Invoke, state);

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!loop.IsCurrent)
            throw new NotSupportedException("waiting for a loop from another thread is not supported");
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}

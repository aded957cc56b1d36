namespace Pentode.Uring.Portable;

/// <summary>Brings continuations of awaits on a loop back to it.</summary>
internal sealed class LoopContext(IoLoop loop) : SynchronizationContext
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

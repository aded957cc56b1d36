namespace Pentode.Uring.Ring;

/// <summary>Brings continuations of foreign tasks back to the loop.</summary>
internal sealed class RingSynchronizationContext(RingLoop loop) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => loop.Post(static s =>
    {
        var (callback, inner) = ((SendOrPostCallback, object?))s!;
        callback(inner);
    }, (d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("a loop is never waited for");

    public override SynchronizationContext CreateCopy() => this;
}

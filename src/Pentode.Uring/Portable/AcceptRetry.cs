namespace Pentode.Uring.Portable;

/// <summary>Wakes a listener that paused because descriptors or memory ran out.</summary>
internal sealed class AcceptRetry(Action<DescriptorState> resume, DescriptorState state) : IoCompletion
{
    public override void Complete(int result) => resume(state);
}

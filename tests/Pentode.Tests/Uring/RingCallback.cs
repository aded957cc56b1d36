using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>Completion that calls a delegate.</summary>
internal sealed class RingCallback(Action<int> action) : IoCompletion
{
    public override void Complete(int result) => action(result);
}

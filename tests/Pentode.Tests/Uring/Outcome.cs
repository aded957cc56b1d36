using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>A completion whose result a test awaits. A second completion is a failure of the loop.</summary>
internal sealed class Outcome : IoCompletion
{
    private readonly TaskCompletionSource<int> _source = new();

    public Task<int> Task => _source.Task;

    public override void Complete(int result) => _source.SetResult(result);
}

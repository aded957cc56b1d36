using System.Threading.Tasks.Sources;
using Pentode.Core;

namespace Pentode.Blocks.File;

/// <summary>A flush that waits for the next fdatasync of its loop; its continuation runs inline on the loop.</summary>
internal sealed class FlushWaiter : IValueTaskSource<Errno>
{
    private ManualResetValueTaskSourceCore<Errno> _core;

    public ValueTask<Errno> Task => new(this, _core.Version);

    public void Complete(Errno error) => _core.SetResult(error);

    public Errno GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}

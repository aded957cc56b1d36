using System.Threading.Tasks.Sources;

namespace Pentode.Uring;

/// <summary>Pooled completion that can be awaited once; the continuation runs inline on the loop.</summary>
internal sealed class IoOperation : IoCompletion, IValueTaskSource<int>
{
    [ThreadStatic]
    private static Stack<IoOperation>? t_pool;

    private ManualResetValueTaskSourceCore<int> _core;

    private IoOperation()
    {
    }

    public ValueTask<int> Task => new(this, _core.Version);

    public static IoOperation Rent() => (t_pool ??= new Stack<IoOperation>()).TryPop(out var operation) ? operation : new IoOperation();

    public override void Complete(int result) => _core.SetResult(result);

    public int GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        (t_pool ??= new Stack<IoOperation>()).Push(this);
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}

namespace Pentode.Core.Commits;

/// <summary>A job with a result.</summary>
internal sealed class ResultJob<TUnit, T>(Func<TUnit, Result<T>> job, object? hint) : CommitJob<TUnit>(hint)
{
    private readonly TaskCompletionSource<Result<T>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Result<T> _result = Errno.EIO;
    private Exception? _bug;

    public Task<Result<T>> Task => _completion.Task;

    public override bool IsOk => _result.IsOk;

    public override void Execute(TUnit unit) => _result = job(unit);

    public override void Fail(Errno error) => _result = error;

    public override void Fail(Exception bug) => _bug = bug;

    public override void Complete()
    {
        if (_bug is null)
            _completion.SetResult(_result);
        else
            _completion.SetException(_bug);
    }
}

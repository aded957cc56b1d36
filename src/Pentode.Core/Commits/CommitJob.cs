namespace Pentode.Core.Commits;

/// <summary>A queued job of a <see cref="CommitLoop{TUnit}"/>.</summary>
/// <typeparam name="TUnit">What it works with.</typeparam>
internal abstract class CommitJob<TUnit>(object? hint)
{
    public object? Hint => hint;

    public abstract bool IsOk { get; }

    public abstract void Execute(TUnit unit);

    public abstract void Fail(Errno error);

    public abstract void Fail(Exception bug);

    public abstract void Complete();
}

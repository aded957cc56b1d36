using Pentode.Locks.Manager;

namespace Pentode.Locks.Deadlock;

/// <summary>
/// Names one who does one thing after another: while a request made with it waits, nothing taken with it is released. That is the promise of whoever
/// uses it, and it makes deadlocks provable. Its requests and uses are those whose <see cref="AcquireOptions.Witness"/> it is.
/// </summary>
public sealed class SequentialOwner : IWaitWitness
{
    /// <inheritdoc/>
    public IReadOnlyList<LockPin> PinsOf(LockRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Resource.Manager.UsesOf(this);
    }
}

using Pentode.Locks.Stores;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>A host's way to the store: delays, losses, deadlines, and outcomes nobody knows.</summary>
public sealed class SimulatedStoreClient(SimulatedStore store, SimulatedHost host) : ILockStore
{
    private const long DeadlineUs = 150_000;
    private const long MostLateUs = 700_000;

    /// <summary>Requests made.</summary>
    public int Requests { get; private set; }

    /// <inheritdoc/>
    public string Description => "simulation";

    private SimulatedWorld World => store.World;

    /// <inheritdoc/>
    public ValueTask<StoreResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellation = default) =>
        Ask(() => store.Commit(transaction), outcome => StoreResult.Failed(outcome, "simulated"), transaction.Writes.Count > 0);

    /// <inheritdoc/>
    public ValueTask<StoreRange> RangeAsync(StoreKey prefix, StoreKey? after, int limit, CancellationToken cancellation = default) =>
        Ask(() => store.Map.Range(prefix, after, limit), outcome => StoreRange.Failed(outcome, "simulated"), isWrite: false);

    /// <inheritdoc/>
    public IDisposable Watch(StoreKey key, IStoreWatcher watcher)
    {
        var subscription = new Subscription();
        store.Watch(host, key, watcher, subscription);
        return subscription;
    }

    /// <inheritdoc/>
    public ValueTask<StoreInfo> InfoAsync(CancellationToken cancellation = default) => new(new StoreInfo(StoreOutcome.Ok, "simulation", "1", false, false, [], [], [], null));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private ValueTask<T> Ask<T>(Func<T> perform, Func<StoreOutcome, T> failed, bool isWrite)
    {
        Requests++;
        var faults = store.Faults;
        var isAnswered = false;
        // The continuation runs where the answer comes: all of a world is one thread.
        var answer = new TaskCompletionSource<T>();
        var sentUs = World.NowUs;
        void Answer(T value)
        {
            if (isAnswered)
                return;
            isAnswered = true;
            answer.SetResult(value);
        }

        host.On(sentUs + DeadlineUs, () => Answer(failed(isWrite ? StoreOutcome.Unknown : StoreOutcome.Unavailable)));
        if (World.Chance(faults.Refusal))
        {
            host.On(sentUs + World.Between(100, 5000), () => Answer(failed(StoreOutcome.Unavailable)));
            return new ValueTask<T>(answer.Task);
        }

        var isLate = World.Chance(faults.LateRequest);
        if ((!isLate && World.Chance(faults.RequestLoss)) || sentUs < host.CutOffUntilUs)
            return new ValueTask<T>(answer.Task);
        var arrivalUs = sentUs + (isLate ? World.Between(DeadlineUs, MostLateUs) : World.Between(100, 3000));
        World.At(arrivalUs, () => Arrive(perform, Answer));
        return new ValueTask<T>(answer.Task);
    }

    private void Arrive<T>(Func<T> perform, Action<T> answer)
    {
        if (World.NowUs < store.OutageUntilUs)
        {
            // It waits in the server's queue, and is done after all or forgotten.
            if (World.Chance(0.5))
                World.At(store.OutageUntilUs + World.Between(0, 1000), () => Arrive(perform, answer));
            return;
        }

        var result = perform();
        if (World.Chance(store.Faults.ReplyLoss) || World.NowUs < host.CutOffUntilUs)
            return;
        host.On(World.NowUs + World.Between(100, 3000), () => answer(result));
    }

    /// <summary>A watch that can be ended.</summary>
    public sealed class Subscription : IDisposable
    {
        /// <summary>True once ended.</summary>
        public bool IsDisposed { get; private set; }

        /// <inheritdoc/>
        public void Dispose() => IsDisposed = true;
    }
}

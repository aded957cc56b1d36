using Pentode.Locks.Stores;
using Pentode.Testing.Locks;

namespace Pentode.Tests.Locks;

/// <summary>The model store the simulations stand on keeps the contract too.</summary>
public sealed class MemoryLockStoreTests : LockStoreConformance
{
    private readonly MemoryLockStore.Cluster _cluster = new();

    protected override ValueTask<ILockStore> OpenAsync() => new(new MemoryLockStore(_cluster));
}

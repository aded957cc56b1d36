namespace Pentode.Locks.Stores;

/// <summary>One key as it is in the store.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; not to be changed. At most <see cref="StoreTransaction.MaxValueBytes"/>.</param>
/// <param name="ModRevision">Revision of the transaction that wrote this value; greater than 0.</param>
public sealed record StoreEntry(StoreKey Key, byte[] Value, long ModRevision);

namespace Pentode.Locks.Stores;

/// <summary>One write of a transaction: a put, or with no value a delete. Deleting a key that is not there is not an error.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The new value, or null to delete.</param>
public readonly record struct StoreWrite(StoreKey Key, byte[]? Value)
{
    /// <summary>Writes a value.</summary>
    public static StoreWrite Put(StoreKey key, byte[] value) => new(key, value);

    /// <summary>Removes a key.</summary>
    public static StoreWrite Delete(StoreKey key) => new(key, null);
}

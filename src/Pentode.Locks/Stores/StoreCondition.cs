namespace Pentode.Locks.Stores;

/// <summary>What a <see cref="StoreCompare"/> asks of its key.</summary>
public enum StoreCondition
{
    /// <summary>The key is there, whatever its value.</summary>
    Exists,

    /// <summary>The key is not there.</summary>
    Absent,

    /// <summary>The key is there and its last write was the given revision.</summary>
    ModRevision,
}

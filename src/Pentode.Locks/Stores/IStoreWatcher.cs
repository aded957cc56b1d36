namespace Pentode.Locks.Stores;

/// <summary>Told of writes to one key. Only a hint: events may be lost, repeated, late and out of order; a caller re-reads on a timer besides.</summary>
public interface IStoreWatcher
{
    /// <summary>The key was written. Any thread, possibly several at once; returns quickly and does not throw.</summary>
    void OnChanged(StoreEntry entry);

    /// <summary>The stream broke and has been opened again: events may have been missed. Re-read what matters. Also called once the first stream stands when events before it may be missed.</summary>
    void OnBroken();
}

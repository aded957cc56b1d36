using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Locks.Guards;

/// <summary>A file that is locked here, and the cluster's lock that stands for it.</summary>
internal sealed class SharedFile(ulong number, SharedFileLocks owner) : ILockObserver
{
    private volatile LockHandle? _handle;

    public ulong Number { get; } = number;

    /// <summary>The cluster's lock; null before it is granted and after the last local one is gone.</summary>
    public LockHandle? Handle
    {
        get => _handle;
        set => _handle = value;
    }

    /// <summary>Open files that hold locks.</summary>
    public List<FileUse> Uses { get; } = [];

    /// <inheritdoc/>
    public void OnBlocking(LockHandle handle, LockMode wanted)
    {
        // The programs that hold it know nothing of other nodes: who waits, waits for them.
    }

    /// <inheritdoc/>
    public void OnLost(LockHandle handle) => ThreadPool.UnsafeQueueUserWorkItem(static s => s.Owner.Lost(s.File, s.Handle), (Owner: owner, File: this, Handle: handle), preferLocal: false);
}

using Pentode.Core;

namespace Pentode.Files.Locks;

/// <summary>
/// Shows the locks of one file to others than this table, and theirs to the table. Called with the table's lock held; ranges name their last
/// byte, long.MaxValue for the end of the file.
/// </summary>
public interface ILockMirror
{
    /// <summary>Takes a range for an owner, replacing what the owner has there; EAGAIN when somebody else is in the way, and then nothing changed.</summary>
    Errno Lock(object file, LockOwner owner, LockType type, long start, long end);

    /// <summary>Gives back a range of an owner.</summary>
    void Unlock(LockOwner owner, long start, long end);

    /// <summary>The owner holds nothing any more.</summary>
    void Forget(LockOwner owner);

    /// <summary>A lock of somebody else that would stop this one, or null.</summary>
    LockRange? Find(object file, LockOwner owner, LockType type, long start, long end);
}

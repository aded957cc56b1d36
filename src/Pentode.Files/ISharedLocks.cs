using Pentode.Core;

namespace Pentode.Files;

/// <summary>
/// Locks of files that others respect too who serve the same files elsewhere. Takes the place of the lock operations of <see cref="IOpenFile"/>, which it uses: a lock
/// is granted only when it is had here and there. Any thread.
/// </summary>
public interface ISharedLocks
{
    /// <summary>
    /// Takes a lock as <see cref="IOpenFile.TryLock"/> does; never waits for owners of this tree (EAGAIN), only for others, as long as <paramref name="wait"/> says. EINTR
    /// when given up, ENOLCK when the others cannot be asked, ESTALE through a file whose locks were lost.
    /// </summary>
    ValueTask<Errno> Lock(IOpenFile file, LockOwner owner, LockType type, long start, long length, LockWait wait);

    /// <inheritdoc cref="IOpenFile.TestLock"/>
    ValueTask<Result<LockRange>> Test(IOpenFile file, LockOwner owner, LockType type, long start, long length);

    /// <inheritdoc cref="IOpenFile.ReleaseLocks"/>
    bool Release(IOpenFile file);

    /// <summary>The file is about to be closed: its locks go, and what was remembered of it.</summary>
    void Forget(IOpenFile file);

    /// <summary>ESTALE for a file that has lost a lock: whoever believes to hold it must not go on reading and writing. Asked before each; no I/O.</summary>
    Errno Check(IOpenFile file);
}

using Pentode.Core;
using Pentode.Uring;

namespace Pentode.Files;

/// <summary>An open regular file or directory. Called on loop threads, several calls at a time; memory is pinned.</summary>
public interface IOpenFile
{
    /// <summary>The node it was opened from.</summary>
    INode Node { get; }

    /// <summary>Reads at an offset; 0 at the end of the file. EISDIR on a directory.</summary>
    ValueTask<Result<int>> Read(Memory<byte> buffer, long offset);

    /// <summary>
    /// How many bytes from an offset, at most <paramref name="length"/>, may be sent from the page cache instead of being read; 0 when some of them are not
    /// there or the tree knows of none. Only while the file is open, and without a promise: they may change until they are sent.
    /// </summary>
    int LocateCached(long offset, int length, out CachedRange range)
    {
        range = default;
        return 0;
    }

    /// <summary>Writes at an offset, at the end of the file when opened with O_APPEND; may be short only on a full disk.</summary>
    ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset);

    /// <summary>The same in a call that may come again, for trees that remember calls (<see cref="ITreeBackend.RemembersCalls"/>).</summary>
    ValueTask<Result<int>> Write(ReadOnlyMemory<byte> buffer, long offset, CallIdentity? call) => Write(buffer, offset);

    /// <summary>fsync(2) or fdatasync(2).</summary>
    ValueTask<Errno> Sync(bool dataOnly);

    /// <summary>Hands entries after <paramref name="cookie"/> (0: from the start) to the sink until it is full or the directory ends. ENOTDIR on a file.</summary>
    ValueTask<Errno> ReadDirectory(long cookie, IDirectorySink sink);

    /// <summary>Tries a byte-range lock for an owner; EAGAIN when it conflicts. Type F_UNLCK releases.</summary>
    Errno TryLock(LockOwner owner, LockType type, long start, long length);

    /// <summary>The lock that would stop this one, or type Unlock when none would.</summary>
    Result<LockRange> TestLock(LockOwner owner, LockType type, long start, long length);

    /// <summary>The strongest lock that was taken through this file and is held: Unlock for none.</summary>
    LockType HeldLock => LockType.Unlock;

    /// <summary>Gives back every lock taken through this file; false when there was none.</summary>
    bool ReleaseLocks();

    /// <summary>One close(2) of a descriptor that may have duplicates: reports what close(2) shall say, ends nothing.</summary>
    ValueTask<Errno> Flush() => new(Errno.None);

    /// <summary>
    /// Asks to do without <see cref="Flush"/>, which costs whoever closes a way to the tree and back. True when there will be nothing to ask: the
    /// file then does at once what it would do there.
    /// </summary>
    bool TrySkipFlush() => true;

    /// <summary>Readiness now. With a sink, also calls it once at the next change.</summary>
    FileReadiness Poll(IReadinessSink? sink) => FileReadiness.Readable | FileReadiness.Writable;

    /// <summary>Closes; every operation has ended. The error of close(2) if any.</summary>
    ValueTask<Errno> Close();
}

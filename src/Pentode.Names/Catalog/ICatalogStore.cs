using Pentode.Core;
using Pentode.Files;

namespace Pentode.Names.Catalog;

/// <summary>
/// The catalog: objects, names and facts, on any engine. Every call may come from any thread and completes on any thread. Every change is one
/// transaction and completes after it is durable; what completed is seen by every later read. Changes check permissions of
/// <see cref="CatalogRequest.Who"/> inside; reads check nothing. Names are 1 to 255 bytes without slash and NUL, and not "." or ".."
/// (EINVAL, ENAMETOOLONG); magic names are ordinary here. An object that is not there is ENOENT by name and ESTALE by number. Memory passed in
/// must stay until the call completes. Engine errors: ENOSPC, EROFS, EIO, EAGAIN when the queue is full or the database is away.
/// </summary>
public interface ICatalogStore : ICatalogContent, ICatalogTags, ICatalogFacts, ICatalogFeeds, IAsyncDisposable
{
    /// <summary>What the store is.</summary>
    CatalogInfo Info { get; }

    /// <summary>How it behaves.</summary>
    CatalogOptions Options { get; }

    /// <summary>An object by number; also one without links while it is held. ESTALE.</summary>
    ValueTask<Result<CatalogInode>> Get(long number);

    /// <summary>An object by external id; ENOENT. Not one in the trash.</summary>
    ValueTask<Result<CatalogInode>> Find(CatalogPid pid);

    /// <summary>A child; ENOENT, ENOTDIR, ESTALE. Knows neither "." nor "..".</summary>
    ValueTask<Result<CatalogInode>> Lookup(long parent, ReadOnlyMemory<byte> name);

    /// <summary>A directory together with a child, in one read: for who must see whether the directory may be searched; ENOTDIR, ESTALE. Knows neither "." nor "..".</summary>
    ValueTask<Result<CatalogStep>> Step(long parent, ReadOnlyMemory<byte> name);

    /// <summary>Entries with cookies above <paramref name="after"/> (0: from the start), at most <paramref name="limit"/>, without "." and "..".</summary>
    ValueTask<Result<CatalogPage>> List(long parent, long after, int limit);

    /// <summary>The names of an object, oldest first, at most <paramref name="limit"/>; empty for the root. A directory has one: its parent is "..".</summary>
    ValueTask<Result<IReadOnlyList<CatalogName>>> Names(long number, int limit);

    /// <summary>Path from the root by the oldest names, with leading slash; "/" for the root. ENOENT without a name.</summary>
    ValueTask<Result<byte[]>> PathOf(long number);

    /// <summary>The directories from the parent of an object (by its oldest name) up to the root, nearest first: for checks of search permission and of subtrees.</summary>
    ValueTask<Result<IReadOnlyList<CatalogInode>>> Ancestors(long number);

    /// <summary>
    /// Makes an object. EEXIST, ENOTDIR, EACCES, EDQUOT, EMLINK, EPERM (device by other than root). With a verifier see <see cref="NewObject.Verifier"/>.
    /// Directories take the set-group-ID bit of their parent and inherit its tags.
    /// </summary>
    ValueTask<Result<CatalogInode>> Create(CatalogRequest by, long parent, ReadOnlyMemory<byte> name, NewObject what);

    /// <summary>Another name; EPERM on a directory, EXDEV into another quota tree, EEXIST, EMLINK. Returns the object with its new attributes.</summary>
    ValueTask<Result<CatalogInode>> Link(CatalogRequest by, long number, long parent, ReadOnlyMemory<byte> name);

    /// <summary>Removes a name of anything but a directory (EISDIR). Returns the object as it is now; with 0 links it is gone, in the trash or held.</summary>
    ValueTask<Result<CatalogInode>> Remove(CatalogRequest by, long parent, ReadOnlyMemory<byte> name);

    /// <summary>Removes an empty directory; ENOTDIR, ENOTEMPTY, EBUSY for the root and lost+found.</summary>
    ValueTask<Errno> RemoveDirectory(CatalogRequest by, long parent, ReadOnlyMemory<byte> name);

    /// <summary>
    /// rename(2): replaces a target of the same sort (EISDIR, ENOTDIR, ENOTEMPTY), nothing happens when both names are one object, EINVAL for a
    /// directory into itself or below, EXDEV for a move into another quota tree.
    /// </summary>
    ValueTask<Errno> Rename(CatalogRequest by, long parent, ReadOnlyMemory<byte> name, long newParent, ReadOnlyMemory<byte> newName);

    /// <summary>
    /// Changes attributes as chmod(2), chown(2), utimensat(2) and truncate(2) allow them to <paramref name="by"/>. Size changes content of level 0 and the recorded size
    /// (whether that is allowed for I/O is the tree's to say; write permission on the file is checked here unless <paramref name="isOpen"/>: the caller opened it for
    /// writing). With <paramref name="guard"/> the change time must be that, else EBUSY (NFS3ERR_NOT_SYNC). Levels in step follow owner and mode.
    /// </summary>
    ValueTask<Result<CatalogInode>> SetAttributes(CatalogRequest by, long number, AttributeChange change, long? guard = null, bool isOpen = false);

    /// <summary>True for a call (<see cref="CallIdentity"/>) of before this start that changed something and may still be sent again. No I/O.</summary>
    bool WasCalled(ReadOnlySpan<byte> key);

    /// <summary>Keeps an object that loses its last name until <see cref="Release"/> (open files). In memory, counted; after a crash what was held is cleaned up.</summary>
    void Hold(long number);

    /// <summary>Ends one <see cref="Hold"/>; the last one of an object without names ends the object.</summary>
    ValueTask Release(long number);

    /// <summary>Size and work.</summary>
    ValueTask<Result<CatalogStatistics>> GetStatistics();

    /// <summary>A value kept by others in the store (export tables, handle keys, cursors); null when absent. Keys: 1 to 255 characters.</summary>
    ValueTask<Result<byte[]?>> GetMeta(string key);

    /// <summary>Sets or (null) removes a value. With <paramref name="isNew"/> only when absent, else EEXIST.</summary>
    ValueTask<Errno> SetMeta(string key, ReadOnlyMemory<byte>? value, bool isNew = false);

    /// <summary>A number for a name, the same for ever: the operand of handles of magic nodes that carry text. 1 to 4096 bytes.</summary>
    ValueTask<Result<long>> Intern(ReadOnlyMemory<byte> text);

    /// <summary>The name of such a number; ESTALE.</summary>
    ValueTask<Result<byte[]>> Interned(long number);

    /// <summary>
    /// Periodic work, some of it (at most about a thousand rows): trash beyond its grace, old events and calls, checkpoints. Returns true when more is left.
    /// </summary>
    ValueTask<Result<bool>> Maintain();
}

using Pentode.Core;
using Pentode.Files;

namespace Pentode.Names.Catalog;

/// <summary>Content of files (level 0) and their side data (levels 1 to 7). Permissions on content are the opener's: not checked here, nor is the I/O gate.</summary>
public interface ICatalogContent
{
    /// <summary>Reads; 0 at the end. A level that is not there is ENOENT; a recorded size beyond what is stored reads as zeros.</summary>
    ValueTask<Result<int>> Read(long number, int level, long offset, Memory<byte> buffer);

    /// <summary>
    /// Writes all of <paramref name="data"/> at <paramref name="offset"/> (-1: at the end); returns the bytes written. Makes the level when it is not there. Clears set-user-ID
    /// and set-group-ID of level 0 unless root writes. EFBIG beyond <see cref="CatalogOptions.MaximumContent"/>, EDQUOT.
    /// </summary>
    ValueTask<Result<int>> Write(CatalogRequest by, long number, int level, long offset, ReadOnlyMemory<byte> data);

    /// <summary>Attributes of a level; ENOENT.</summary>
    ValueTask<Result<CatalogLevel>> GetLevel(long number, int level);

    /// <summary>The levels a file has.</summary>
    ValueTask<Result<IReadOnlyList<CatalogLevel>>> ListLevels(long number);

    /// <summary>Makes an empty level (needs write permission on the file); EEXIST.</summary>
    ValueTask<Result<CatalogLevel>> CreateLevel(CatalogRequest by, long number, int level, uint mode);

    /// <summary>Changes attributes of a level (rules of files, judged by the level's own owner and mode).</summary>
    ValueTask<Result<CatalogLevel>> SetLevelAttributes(CatalogRequest by, long number, int level, AttributeChange change, bool isOpen = false);

    /// <summary>Removes one level (needs write permission on the file): the file and its other levels stay, nothing goes to the trash. ENOENT.</summary>
    ValueTask<Errno> RemoveLevel(CatalogRequest by, long number, int level);

    /// <summary>Sets the recorded size without touching content (<c>.(fset)(f)(size)(n)</c>): owner or root; EEXIST when another non-zero size is recorded; 0 resets.</summary>
    ValueTask<Result<CatalogInode>> SetRecordedSize(CatalogRequest by, long number, long size);
}

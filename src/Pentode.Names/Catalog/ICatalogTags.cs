using Pentode.Core;
using Pentode.Files;

namespace Pentode.Names.Catalog;

/// <summary>Directory tags with pnfs's primary, pseudo-primary and inherited semantics.</summary>
public interface ICatalogTags
{
    /// <summary>The tags a directory sees, by name; includes invalid ones.</summary>
    ValueTask<Result<IReadOnlyList<CatalogTag>>> ListTags(long directory);

    /// <summary>One tag as a directory sees it; ENOENT.</summary>
    ValueTask<Result<CatalogTag>> GetTag(long directory, ReadOnlyMemory<byte> name);

    /// <summary>
    /// Makes a primary tag (write permission on the directory); on an invalid one of this directory: valid again, empty; on an inherited one: a pseudo-primary with its
    /// content; EEXIST when this directory already has it.
    /// </summary>
    ValueTask<Result<CatalogTag>> CreateTag(CatalogRequest by, long directory, ReadOnlyMemory<byte> name, uint mode);

    /// <summary>
    /// Writes at an offset (-1: replaces everything); an inherited tag becomes pseudo-primary first. Needs write permission on the tag. ENOENT when there is none or it is
    /// invalid, EFBIG beyond <see cref="CatalogOptions.MaximumTag"/>.
    /// </summary>
    ValueTask<Result<CatalogTag>> WriteTag(CatalogRequest by, long directory, ReadOnlyMemory<byte> name, int offset, ReadOnlyMemory<byte> data);

    /// <summary>Owner, group, mode, times, size of a tag; an inherited one becomes pseudo-primary first (except that a size it already has is no change).</summary>
    ValueTask<Result<CatalogTag>> SetTagAttributes(CatalogRequest by, long directory, ReadOnlyMemory<byte> name, AttributeChange change);

    /// <summary>Pseudo-primary: the inherited one returns. Primary: becomes invalid. Inherited: nothing happens, success. Needs write permission on the directory. ENOENT.</summary>
    ValueTask<Errno> RemoveTag(CatalogRequest by, long directory, ReadOnlyMemory<byte> name);
}

using Pentode.Core;

namespace Pentode.Names.Catalog;

/// <summary>Facts about files: the I/O flag, where the data is, checksums, pins, labels, extended attributes, quotas. Changes by the owner or root unless said otherwise (EPERM).</summary>
public interface ICatalogFacts
{
    /// <summary>Sets or clears the I/O flag of a regular file (EINVAL otherwise). Nothing else changes but the change time.</summary>
    ValueTask<Result<CatalogInode>> SetIo(CatalogRequest by, long number, bool isEnabled);

    /// <summary>Sets state, latency and retention; null leaves one as it is.</summary>
    ValueTask<Result<CatalogInode>> SetStorage(CatalogRequest by, long number, CatalogState? state, int? accessLatency, int? retentionPolicy);

    /// <summary>Locations, most preferred first.</summary>
    ValueTask<Result<IReadOnlyList<CatalogLocation>>> ListLocations(long number);

    /// <summary>Adds or replaces (same kind and URI) a location.</summary>
    ValueTask<Errno> SetLocation(CatalogRequest by, long number, CatalogLocation location);

    /// <summary>Removes a location, or with a null URI all of the kind.</summary>
    ValueTask<Errno> RemoveLocation(CatalogRequest by, long number, int kind, string? uri);

    /// <summary>Checksums by algorithm.</summary>
    ValueTask<Result<IReadOnlyList<CatalogChecksum>>> ListChecksums(long number);

    /// <summary>Records a checksum; another value in place of one is for root only (EPERM).</summary>
    ValueTask<Errno> SetChecksum(CatalogRequest by, long number, CatalogChecksum checksum);

    /// <summary>Removes a checksum: root only. ENOENT.</summary>
    ValueTask<Errno> RemoveChecksum(CatalogRequest by, long number, string algorithm);

    /// <summary>Pins that have not expired.</summary>
    ValueTask<Result<IReadOnlyList<CatalogPin>>> ListPins(long number);

    /// <summary>Pins the file for the caller (read permission), in place of a pin of his with the same request id.</summary>
    ValueTask<Result<CatalogPin>> SetPin(CatalogRequest by, long number, string requestId, long? expiryTime);

    /// <summary>Moves a pin to another state.</summary>
    ValueTask<Errno> SetPinState(CatalogRequest by, long number, long pin, int state);

    /// <summary>Removes the caller's pins with that request id, or with null all of his (root: all).</summary>
    ValueTask<Errno> RemovePins(CatalogRequest by, long number, string? requestId);

    /// <summary>Labels of a file.</summary>
    ValueTask<Result<IReadOnlyList<string>>> ListLabels(long number);

    /// <summary>Puts a label on a file or takes it off.</summary>
    ValueTask<Errno> SetLabel(CatalogRequest by, long number, string label, bool isSet);

    /// <summary>Labels in use.</summary>
    ValueTask<Result<IReadOnlyList<string>>> ListAllLabels();

    /// <summary>Files with a label and numbers above <paramref name="after"/>; the cookie is the number, the name the id's digits.</summary>
    ValueTask<Result<CatalogPage>> ListLabelled(string label, long after, int limit);

    /// <summary>Names of extended attributes.</summary>
    ValueTask<Result<IReadOnlyList<byte[]>>> ListExtendedAttributes(long number);

    /// <summary>Value of an extended attribute; ENODATA.</summary>
    ValueTask<Result<byte[]>> GetExtendedAttribute(long number, ReadOnlyMemory<byte> name);

    /// <summary>Sets (flags of setxattr(2)) or, with null, removes an extended attribute. Permission is the tree's to check. EEXIST, ENODATA, ERANGE, ENOSPC.</summary>
    ValueTask<Errno> SetExtendedAttribute(CatalogRequest by, long number, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte>? value, int flags);

    /// <summary>The quota set on a directory; ENOENT.</summary>
    ValueTask<Result<CatalogQuota>> GetQuota(long directory);

    /// <summary>All quotas.</summary>
    ValueTask<Result<IReadOnlyList<CatalogQuota>>> ListQuotas();

    /// <summary>Sets limits of the tree below a directory (root only; 0 unlimited) and counts it; both null: no quota here any more.</summary>
    ValueTask<Errno> SetQuota(CatalogRequest by, long directory, long? maximumFiles, long? maximumBytes);
}

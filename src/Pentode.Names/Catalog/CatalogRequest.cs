using Pentode.Core;

namespace Pentode.Names.Catalog;

/// <summary>
/// On whose behalf a change is made. Permissions of a change are checked inside its transaction against <see cref="Who"/>; reads are checked by
/// the tree with <see cref="Access"/> on the rows it got.
/// </summary>
/// <param name="Who">The caller; null for the daemon itself, to whom everything is allowed.</param>
/// <param name="Key">
/// Names this request (client, xid, program, procedure, sum of the call: at most 64 bytes) so that it is done once even when it is sent again
/// after a crash: its outcome is kept in the same transaction, and a request with the same key returns that outcome and changes nothing. Empty: not kept.
/// </param>
public readonly record struct CatalogRequest(Credentials? Who, ReadOnlyMemory<byte> Key = default)
{
    /// <summary>The daemon itself.</summary>
    public static CatalogRequest Daemon => default;
}

using Pentode.Core;

namespace Pentode.Names.Catalog;

/// <summary>
/// On whose behalf a change is made. Permissions of a change are checked inside its transaction against <see cref="Who"/>; reads are checked by
/// the tree with <see cref="Access"/> on the rows it got. A change in a call (<see cref="Credentials.Call"/>, whose key has at most <see cref="CatalogLimits.RequestKey"/>
/// bytes) is done once even when the call is sent again after a crash: that it was done is kept in its transaction, and the same step of a call with the same key
/// answers as before and changes nothing.
/// </summary>
/// <param name="Who">The caller; null for the daemon itself, to whom everything is allowed.</param>
public readonly record struct CatalogRequest(Credentials? Who)
{
    /// <summary>The daemon itself.</summary>
    public static CatalogRequest Daemon => default;

    /// <summary>The call it is part of.</summary>
    public CallIdentity? Call => Who?.Call;
}

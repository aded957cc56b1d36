namespace Pentode.Names.Catalog;

/// <summary>A promise to keep the data of a file at hand.</summary>
/// <param name="Id">Number of the pin.</param>
/// <param name="CreatedTime">Nanoseconds since 1970 UTC.</param>
/// <param name="ExpiryTime">Nanoseconds since 1970 UTC; null never.</param>
/// <param name="RequestId">Given by the caller; empty none.</param>
/// <param name="Uid">Who asked.</param>
/// <param name="State">0 pinning, 1 pinned, 2 unpinning.</param>
public sealed record CatalogPin(long Id, long CreatedTime, long? ExpiryTime, string RequestId, uint Uid, int State);

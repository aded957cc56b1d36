namespace Pentode.Names.Catalog;

/// <summary>What a store is; fixed while it is open.</summary>
/// <param name="Engine"><c>sqlite</c> or <c>postgres</c>.</param>
/// <param name="Location">Path, or host and database, for messages.</param>
/// <param name="Id">Identity of the store, made when it was.</param>
/// <param name="FileSystemId">fsid.</param>
/// <param name="Boot">How often the store was opened for writing: a write verifier and a lock epoch.</param>
/// <param name="StoreNumber">First two bytes of new ids.</param>
public sealed record CatalogInfo(string Engine, string Location, Guid Id, ulong FileSystemId, long Boot, ushort StoreNumber);

namespace Pentode.Names.Catalog;

/// <summary>Something outside the catalog that the last end of a file leaves to be freed: work for a mass storage system.</summary>
/// <param name="Sequence">Position in the queue, grows.</param>
/// <param name="Pid">Id the file had.</param>
/// <param name="Kind">0 content of a level, 1 a location, 2 the file is gone (always last).</param>
/// <param name="Slot">Level number, or kind of location.</param>
/// <param name="Body">Content of the level, or the URI.</param>
/// <param name="Time">Nanoseconds since 1970 UTC.</param>
public sealed record CatalogReclaim(long Sequence, CatalogPid Pid, int Kind, int Slot, byte[] Body, long Time);

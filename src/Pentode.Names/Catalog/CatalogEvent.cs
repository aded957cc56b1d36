namespace Pentode.Names.Catalog;

/// <summary>One change, written in the transaction that made it.</summary>
/// <param name="Sequence">Grows; gaps are possible.</param>
/// <param name="Time">Nanoseconds since 1970 UTC.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Pid">The object.</param>
/// <param name="Parent">The directory; the object itself when no name is concerned.</param>
/// <param name="Name">Name in it; empty when no name is concerned.</param>
/// <param name="Uid">Who did it.</param>
/// <param name="Info">See <see cref="CatalogEventKind"/>.</param>
public sealed record CatalogEvent(long Sequence, long Time, CatalogEventKind Kind, CatalogPid Pid, CatalogPid Parent, byte[] Name, uint Uid, byte[] Info);

namespace Pentode.Names.Catalog;

/// <summary>Size and work of a store.</summary>
/// <param name="Objects">Objects reachable by a name.</param>
/// <param name="RecordedBytes">Sum of their recorded sizes.</param>
/// <param name="StoredBytes">Bytes of the store itself on disk.</param>
/// <param name="FreeBytes">Bytes free where it is, 0 when unknown.</param>
/// <param name="Trash">Files in the trash.</param>
/// <param name="LastEvent">Sequence of the newest event.</param>
/// <param name="Reads">Reads answered since start.</param>
/// <param name="Changes">Changes committed since start.</param>
/// <param name="Commits">Transactions committed since start.</param>
public sealed record CatalogStatistics(
    long Objects, long RecordedBytes, long StoredBytes, long FreeBytes, long Trash, long LastEvent, long Reads, long Changes, long Commits);

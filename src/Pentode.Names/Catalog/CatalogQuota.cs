namespace Pentode.Names.Catalog;

/// <summary>Limits and use of the tree below a directory; a quota inside another one's tree is apart from it.</summary>
/// <param name="Directory">Top of the tree.</param>
/// <param name="MaximumFiles">Objects allowed; 0 unlimited.</param>
/// <param name="MaximumBytes">Recorded bytes allowed; 0 unlimited.</param>
/// <param name="Files">Objects now, the top not counted.</param>
/// <param name="Bytes">Recorded bytes of regular files now.</param>
public sealed record CatalogQuota(long Directory, long MaximumFiles, long MaximumBytes, long Files, long Bytes);

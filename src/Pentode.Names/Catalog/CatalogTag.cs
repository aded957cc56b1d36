namespace Pentode.Names.Catalog;

/// <summary>A directory tag as one directory sees it.</summary>
/// <param name="Name">Bytes of the name, 1 to 62.</param>
/// <param name="Id">Number of the row it comes from.</param>
/// <param name="Directory">Directory of that row: the asked one for a primary or pseudo-primary tag, an ancestor for an inherited one.</param>
/// <param name="IsInherited">The row belongs to another directory.</param>
/// <param name="IsPrimary">The row was created, not branched off by a write.</param>
/// <param name="IsValid">False after removal of a primary: shows as 0 bytes, reading and writing say ENOENT, creating it again revalidates.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="ModifyTime">Last change of content.</param>
/// <param name="ChangeTime">Last change.</param>
/// <param name="Value">Content.</param>
public sealed record CatalogTag(
    byte[] Name, long Id, long Directory, bool IsInherited, bool IsPrimary, bool IsValid, uint Mode, uint Uid, uint Gid, long ModifyTime, long ChangeTime, byte[] Value);

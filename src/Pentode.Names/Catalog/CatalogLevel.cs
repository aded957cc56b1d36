namespace Pentode.Names.Catalog;

/// <summary>Attributes of side data of a file (levels 1 to 7). Times are nanoseconds since 1970 UTC.</summary>
/// <param name="Level">1 to 7.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes.</param>
/// <param name="AccessTime">Last access.</param>
/// <param name="ModifyTime">Last change of content.</param>
/// <param name="ChangeTime">Last change.</param>
public sealed record CatalogLevel(int Level, uint Mode, uint Uid, uint Gid, long Size, long AccessTime, long ModifyTime, long ChangeTime);

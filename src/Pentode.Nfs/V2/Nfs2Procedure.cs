namespace Pentode.Nfs.V2;

/// <summary>Procedures of NFSv2 by their names in RFC 1094.</summary>
internal enum Nfs2Procedure : uint
{
    Null = 0,
    GetAttr = 1,
    SetAttr = 2,
    Root = 3,
    Lookup = 4,
    ReadLink = 5,
    Read = 6,
    WriteCache = 7,
    Write = 8,
    Create = 9,
    Remove = 10,
    Rename = 11,
    Link = 12,
    SymLink = 13,
    MkDir = 14,
    RmDir = 15,
    ReadDir = 16,
    StatFs = 17,
}

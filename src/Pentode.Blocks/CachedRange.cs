namespace Pentode.Blocks;

/// <summary>Bytes of an export that lie in the page cache behind <paramref name="File"/>, from <paramref name="Offset"/> of that file on.</summary>
public readonly record struct CachedRange(int File, long Offset);

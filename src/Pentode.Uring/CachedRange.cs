namespace Pentode.Uring;

/// <summary>Bytes that lie in the page cache behind <paramref name="File"/>, from <paramref name="Offset"/> of that file on.</summary>
public readonly record struct CachedRange(int File, long Offset);

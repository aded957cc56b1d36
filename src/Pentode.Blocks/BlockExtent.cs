namespace Pentode.Blocks;

/// <summary>A run of bytes of one allocation state.</summary>
/// <param name="Length">Bytes, more than 0.</param>
/// <param name="IsHole">Not allocated: a write may meet ENOSPC.</param>
/// <param name="IsZero">Reads as zeroes.</param>
public readonly record struct BlockExtent(long Length, bool IsHole, bool IsZero);

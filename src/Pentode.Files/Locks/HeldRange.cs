namespace Pentode.Files.Locks;

/// <summary>A range that an owner holds.</summary>
/// <param name="File">The open file it came through.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes; 0 to the end of the file.</param>
/// <param name="IsAlone">Where it was looked for, all that the owner holds came through this file and nothing of others did.</param>
/// <param name="IsCovered">Another owner holds some of it through the same file.</param>
public readonly record struct HeldRange(object File, long Start, long Length, bool IsAlone, bool IsCovered);

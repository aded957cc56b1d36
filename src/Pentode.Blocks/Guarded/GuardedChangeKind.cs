namespace Pentode.Blocks.Guarded;

internal enum GuardedChangeKind
{
    Write,
    Flush,
    Zero,
    Trim,
}

namespace Pentode.Files;

/// <summary>Kind of a byte-range lock; values as on the 9P wire.</summary>
public enum LockType : byte
{
    /// <summary>Shared.</summary>
    Read = 0,

    /// <summary>Exclusive.</summary>
    Write = 1,

    /// <summary>None.</summary>
    Unlock = 2,
}

namespace Pentode.Locks.Record;

/// <summary>Flags of one entry of a record.</summary>
[Flags]
public enum EntryFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The request will not wait long: it is withdrawn when a short recall does not help.</summary>
    Try = 1,

    /// <summary>An upgrade whose shared grant is in use: it is given up when its last user closes, or when the upgrade is granted.</summary>
    Convert = 2,

    /// <summary>With <see cref="Convert"/>: the one who wants the upgrade is the one who uses the shared grant, so it will not be given up while he waits.</summary>
    Pinned = 4,
}

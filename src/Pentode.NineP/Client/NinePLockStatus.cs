namespace Pentode.NineP.Client;

/// <summary>Status of Rlock.</summary>
public enum NinePLockStatus : byte
{
    /// <summary>Granted.</summary>
    Success = 0,

    /// <summary>Somebody else holds it.</summary>
    Blocked = 1,

    /// <summary>The server cannot lock.</summary>
    Error = 2,

    /// <summary>The server waits for locks to be reclaimed.</summary>
    Grace = 3,
}

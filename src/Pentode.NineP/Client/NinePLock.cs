namespace Pentode.NineP.Client;

/// <summary>A byte-range lock of Tlock and Tgetlock.</summary>
/// <param name="Kind">0 read, 1 write, 2 unlock or, in an answer, free.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes; 0 means to the end of the file.</param>
/// <param name="ProcessId">Process of the owner.</param>
/// <param name="ClientId">Host of the owner.</param>
public sealed record NinePLock(byte Kind, ulong Start, ulong Length, uint ProcessId, string ClientId)
{
    /// <summary>Read lock.</summary>
    public const byte Read = 0;

    /// <summary>Write lock.</summary>
    public const byte Write = 1;

    /// <summary>Unlock; free.</summary>
    public const byte Unlock = 2;
}

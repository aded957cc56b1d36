namespace Pentode.Rings.Server.V2;

/// <summary>Fields an operation uses, and how it runs.</summary>
[Flags]
internal enum OperationUses
{
    None = 0,
    File = 1,

    /// <summary>File 0 stands for the root, or for none.</summary>
    Root = 2,
    Offset = 4,

    /// <summary>Length without data.</summary>
    Length = 8,
    Argument0 = 16,
    Argument1 = 32,
    Multishot = 64,

    /// <summary>Does no work of its own: starts at once.</summary>
    Waits = 128,
    MakesFile = 256,

    /// <summary>Takes no credit.</summary>
    Free = 512,
}

namespace Pentode.Rings.Server.V2;

/// <summary>What the data of an operation are.</summary>
internal enum OperationData
{
    None,

    /// <summary>Bytes that are read by the server.</summary>
    In,

    /// <summary>Room that is written to.</summary>
    Out,

    Vectors,
    Path,
    TwoPaths,

    /// <summary>A path or nothing; the result goes to arg0 of the region.</summary>
    StatxPath,

    /// <summary>A name; the value goes to arg0 of the region.</summary>
    GetAttribute,

    /// <summary>A name and a value.</summary>
    SetAttribute,

    /// <summary>A socket address.</summary>
    Address,

    /// <summary>Room for one, or nothing.</summary>
    AddressOut,

    /// <summary>The address of 32 bits.</summary>
    Futex,
}

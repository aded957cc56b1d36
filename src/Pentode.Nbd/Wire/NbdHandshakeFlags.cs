namespace Pentode.Nbd.Wire;

/// <summary>Flags of the greeting; the client's answer uses the same bits in 32.</summary>
[Flags]
public enum NbdHandshakeFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Options have replies.</summary>
    NBD_FLAG_FIXED_NEWSTYLE = 1,

    /// <summary>No 124 zeroes after EXPORT_NAME.</summary>
    NBD_FLAG_NO_ZEROES = 2,
}

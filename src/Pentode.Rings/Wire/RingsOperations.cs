namespace Pentode.Rings.Wire;

/// <summary>op_mask of the handshake: what the kernel of the server can do.</summary>
[Flags]
public enum RingsOperations : uint
{
    None = 0,
    Nop = 1 << 0,
    Timeout = 1 << 1,
    Read = 1 << 2,
    Write = 1 << 3,
    Cancel = 1 << 4,
    ReadFixed = 1 << 5,
    WriteFixed = 1 << 6,
    Poll = 1 << 7,
    Connect = 1 << 8,
    Accept = 1 << 9,
    OpenAt = 1 << 10,
    Close = 1 << 11,

    /// <summary>All bits of protocol 1.12.</summary>
    All = 0xFFF,
}

namespace Pentode.Rings.Wire;

/// <summary>What a request asks for: a task (1 to 14) or a control request (256 and up); both use the same field.</summary>
public enum RingsKind : ushort
{
    /// <summary>Not a kind; in trace events a control request.</summary>
    None = 0,
    Nop = 1,
    Timeout = 2,
    Cancel = 3,
    SockRead = 4,
    SockWrite = 5,
    SockReadFixed = 6,
    SockWriteFixed = 7,
    FileRead = 8,
    FileWrite = 9,
    Poll = 10,
    Connect = 11,
    Accept = 12,
    OpenAt = 13,
    Close = 14,
    RegisterFd = 256,
    ReleaseResource = 257,
    RegisterBuffer = 258,
    GetStats = 259,
    GetTrace = 260,
}

namespace Pentode.Files;

/// <summary>What poll(2) says of an open file; the values are the kernel's.</summary>
[Flags]
public enum FileReadiness
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>POLLIN.</summary>
    Readable = 0x1,

    /// <summary>POLLPRI.</summary>
    Priority = 0x2,

    /// <summary>POLLOUT.</summary>
    Writable = 0x4,

    /// <summary>POLLERR.</summary>
    Error = 0x8,

    /// <summary>POLLHUP.</summary>
    HangUp = 0x10,
}

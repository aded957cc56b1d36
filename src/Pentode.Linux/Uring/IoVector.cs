using System.Runtime.InteropServices;

namespace Pentode.Linux.Uring;

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IoVector
{
    /// <summary>Address of the part.</summary>
    public nint Base;

    /// <summary>Its length.</summary>
    public nuint Length;
}

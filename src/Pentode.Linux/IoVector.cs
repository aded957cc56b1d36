using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>struct iovec: one part of a vectored call.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct IoVector
{
    /// <summary>First byte.</summary>
    public byte* Base;

    /// <summary>Bytes.</summary>
    public nuint Length;
}
